// create EDGERC CA ADDRESS BODY OUT: creates an API client with Akamai's library for Go and stores its credential.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"

	client "github.com/akamai/AkamaiOPEN-edgegrid-golang/client-v1"
	"github.com/akamai/AkamaiOPEN-edgegrid-golang/edgegrid"
)

type made struct {
	Credentials []struct {
		ClientToken  string `json:"clientToken"`
		ClientSecret string `json:"clientSecret"`
	} `json:"credentials"`
	AccessToken string `json:"accessToken"`
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// Replaces the file atomically: written and synced, renamed, and the directory synced.
func store(path, text string) {
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0600)
	check(err)
	_, err = file.WriteString(text)
	check(err)
	check(file.Sync())
	check(file.Close())
	check(os.Rename(path+".new", path))
	directory, err := os.Open(filepath.Dir(path))
	check(err)
	check(directory.Sync())
	check(directory.Close())
}

func main() {
	edgerc, ca, address, body, out := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	config, err := edgegrid.InitEdgeRc(edgerc, "default")
	check(err)
	pem, err := os.ReadFile(ca)
	check(err)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		log.Fatal("no root in ", ca)
	}
	var dialer net.Dialer
	client.Client = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		},
	}}
	content, err := os.ReadFile(body)
	check(err)
	request, err := client.NewRequest(config, "POST", "/identity-management/v3/api-clients", bytes.NewReader(content))
	check(err)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(config, request)
	check(err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		log.Fatal(response.Status)
	}
	var answer made
	check(json.NewDecoder(response.Body).Decode(&answer))
	if len(answer.Credentials) == 0 {
		log.Fatal("the response has no credential")
	}
	credential := answer.Credentials[0]
	store(out, fmt.Sprintf("[default]\nclient_secret = %s\nhost = %s\naccess_token = %s\nclient_token = %s\n",
		credential.ClientSecret, config.Host, answer.AccessToken, credential.ClientToken))
}
