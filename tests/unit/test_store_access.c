/*
 * Owner, group, permissions and ACL of a file that is replaced are those of the old one; where that
 * cannot be, it is refused before anything is asked for, and not when it is too late.
 */
#define _DEFAULT_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/access.h"
#include "store/file.h"
#include "store/record.h"
#include "store/system.h"

#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define OLD "[default]\nhost = old\n"
#define NEW "[default]\nhost = new\n"
#define ACCESS_ACL "system.posix_acl_access"
#define DEFAULT_ACL "system.posix_acl_default"
#define USER 1234  /* who is not root */
#define GROUP 4321 /* of which USER is no member */

static void put(const char *path, mode_t mode)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, OLD, strlen(OLD)), strlen(OLD));
    assert_int_equal(close(descriptor), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void assert_access(const char *path, uid_t owner, gid_t group, mode_t mode)
{
    struct stat facts;

    assert_int_equal(lstat(path, &facts), 0);
    assert_int_equal(facts.st_uid, owner);
    assert_int_equal(facts.st_gid, group);
    assert_int_equal(facts.st_mode & 07777, mode);
}

static int replace(const char *path, enum store_foreign policy, struct buffer *lines,
                   struct error *error)
{
    struct store_reservation reservation;
    int result = store_open(&reservation, path, policy, error);

    if (result == 0) {
        result = store_fill(&reservation, 10, error);
    }
    if (result == 0) {
        store_describe_access(&reservation, lines);
        result = store_commit(&reservation, NEW, strlen(NEW), error);
    }
    store_release(&reservation);
    return result;
}

/* What a run as USER, with no other groups, comes to. Returns whether it succeeded. */
static bool replace_as_user(const char *path, enum exit_status status, const char *part)
{
    pid_t child = fork();
    int result;

    if (child == 0) {
        struct store_reservation reservation;
        struct error error = {STATUS_DONE, ""};

        if (setgroups(0, NULL) != 0 || setgid(USER) != 0 || setuid(USER) != 0) {
            _exit(2);
        }
        if (store_reserve(&reservation, path, 10, &error) == 0) {
            result = store_commit(&reservation, NEW, strlen(NEW), &error);
            store_release(&reservation);
            _exit(result == 0 ? 0 : 3);
        }
        _exit(error.status == status && strstr(error.text, part) != NULL ? 1 : 4);
    }
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result) && WEXITSTATUS(result) <= 1);
    return WEXITSTATUS(result) == 0;
}

static bool is_root(void)
{
    if (geteuid() == 0) {
        return true;
    }
    print_message("not tested: only root can make files of other users\n");
    return false;
}

/* user: rw, USER: r, group: -, mask: mask, others: others; each entry of a tag, bits and an id. */
static void set_acl(const char *path, const char *name, unsigned char mask, unsigned char others)
{
    unsigned char acl[] = {2,    0, 0,      0,                          /* version */
                           0x01, 0, 6,      0, 0xff, 0xff, 0xff, 0xff,  /* owner */
                           0x02, 0, 4,      0, 0xd2, 0x04, 0,    0,     /* user 1234 */
                           0x04, 0, 0,      0, 0xff, 0xff, 0xff, 0xff,  /* group */
                           0x10, 0, mask,   0, 0xff, 0xff, 0xff, 0xff,  /* mask */
                           0x20, 0, others, 0, 0xff, 0xff, 0xff, 0xff}; /* others */

    if (setxattr(path, name, acl, sizeof acl, 0) != 0) {
        assert_int_equal(errno, EOPNOTSUPP);
        print_message("not tested: this file system has no ACLs\n");
        skip();
    }
}

static void test_acl_is_kept(void **state)
{
    struct buffer lines = BUFFER_EMPTY;
    unsigned char before[256];
    unsigned char after[256];
    struct error error;
    ssize_t length;

    (void)state;
    put("file", 0600);
    set_acl("file", ACCESS_ACL, 4, 0);
    length = getxattr("file", ACCESS_ACL, before, sizeof before);
    assert_true(length > 0);
    assert_int_equal(replace("file", STORE_FOREIGN_REFUSE, &lines, &error), 0);
    assert_int_equal(getxattr("file", ACCESS_ACL, after, sizeof after), length);
    assert_memory_equal(before, after, (size_t)length);
    assert_access("file", geteuid(), getegid(), 0640);
    assert_string_equal(buffer_text(&lines), "");

    set_acl("file", ACCESS_ACL, 4, 4); /* others' permissions go, the rest stays */
    assert_int_equal(replace("file", STORE_FOREIGN_REFUSE, &lines, &error), 0);
    assert_int_equal(getxattr("file", ACCESS_ACL, after, sizeof after), length);
    assert_memory_equal(before, after, (size_t)length);
    assert_access("file", geteuid(), getegid(), 0640);
    assert_non_null(strstr(buffer_text(&lines), "file was accessible to everyone"));
    buffer_free(&lines);
}

/* What the directory gives to new files is not what the old one had. */
static void test_inherited_acl_stays_asleep(void **state)
{
    struct buffer lines = BUFFER_EMPTY;
    struct error error;

    (void)state;
    put("file", 0640);
    set_acl(".", DEFAULT_ACL, 7, 0);
    assert_int_equal(replace("file", STORE_FOREIGN_REFUSE, &lines, &error), 0);
    assert_access("file", geteuid(), getegid(), 0640);
    assert_int_equal(getxattr("file", ACCESS_ACL, NULL, 0), -1);
    assert_int_equal(errno, ENODATA);
    assert_int_equal(replace("new", STORE_FOREIGN_REFUSE, &lines, &error), 0);
    assert_access("new", geteuid(), getegid(), 0600);
    buffer_free(&lines);
}

static void test_group(void **state)
{
    struct buffer lines = BUFFER_EMPTY;
    struct error error;

    (void)state;
    if (!is_root()) {
        skip();
    }
    put("file", 0644);
    assert_int_equal(chown("file", USER, GROUP), 0);
    assert_int_equal(replace("file", STORE_FOREIGN_REFUSE, &lines, &error), 0);
    assert_access("file", USER, GROUP, 0640);
    buffer_free(&lines);

    assert_int_equal(chown(".", USER, USER), 0);
    assert_false(replace_as_user("file", STATUS_FILE, "chgrp 1234 file"));
    assert_access("file", USER, GROUP, 0640);
    assert_int_equal(access(".file.gridkey-new", F_OK), -1);
    /* A group that may do nothing is no loss; one of the user's own is kept. */
    assert_int_equal(chmod("file", 0600), 0);
    assert_true(replace_as_user("file", STATUS_DONE, ""));
    assert_access("file", USER, USER, 0600);
}

static void test_owner(void **state)
{
    (void)state;
    if (!is_root()) {
        skip();
    }
    put("file", 0666);
    assert_int_equal(chown("file", GROUP, USER), 0);
    assert_int_equal(chown(".", USER, USER), 0);
    assert_false(replace_as_user("file", STATUS_FILE, "belongs to user 4321"));
    assert_access("file", GROUP, USER, 0666);
}

static void test_prepared_file(void **state)
{
    static const mode_t modes[] = {01777, 0777, 01755};
    struct buffer lines = BUFFER_EMPTY;
    struct error error;

    (void)state;
    if (!is_root()) {
        skip();
    }
    for (size_t at = 0; at < sizeof modes / sizeof modes[0]; at++) {
        put("file", 0644);
        assert_int_equal(chown("file", USER, USER), 0);
        assert_int_equal(chmod(".", modes[at]), 0);
        assert_int_equal(replace("file", STORE_FOREIGN_REFUSE, &lines, &error), -1);
        assert_int_equal(error.status, STATUS_FILE);
        assert_non_null(strstr(error.text, "belongs to user 1234"));
        assert_null(strstr(error.text, "--replace"));
        assert_int_equal(replace("file", STORE_FOREIGN_OFFER, &lines, &error), -1);
        assert_non_null(strstr(error.text, "--replace"));
        assert_access("file", USER, USER, 0644);
        assert_string_equal(buffer_text(&lines), "");
        assert_int_equal(replace("file", STORE_FOREIGN_REPLACE, &lines, &error), 0);
        assert_access("file", 0, 0, 0600);
        assert_non_null(strstr(buffer_text(&lines), "1234"));
        buffer_free(&lines);
    }
    /* In that user's own directory it is that user's own business. */
    assert_int_equal(chmod(".", 0755), 0);
    assert_int_equal(chown("file", USER, USER), 0);
    assert_int_equal(replace("file", STORE_FOREIGN_REFUSE, &lines, &error), 0);
    assert_access("file", USER, USER, 0600);
    buffer_free(&lines);
}

/* File systems: what chmod does, and the mode that a new file gets whatever was asked for. */

static struct {
    int chmod_number; /* its errno, 0 for success */
    bool keeps;       /* whether it has an effect */
    mode_t shown;     /* the permissions of every file, 0 for the real ones */
    uid_t owner;      /* of every file */
    int acl_number;   /* the errno of setting an ACL */
} system_kind;

static int kind_fchmod(int descriptor, mode_t mode)
{
    errno = system_kind.chmod_number;
    return system_kind.chmod_number != 0 ? -1 : system_kind.keeps ? fchmod(descriptor, mode) : 0;
}

static int kind_fstat(int descriptor, struct stat *facts)
{
    int result = fstat(descriptor, facts);

    if (S_ISREG(facts->st_mode) && system_kind.shown != 0) {
        facts->st_mode = (facts->st_mode & S_IFMT) | system_kind.shown;
    }
    facts->st_uid = system_kind.owner;
    return result;
}

static int kind_lstat(const char *path, struct stat *facts)
{
    int result = lstat(path, facts);

    if (result == 0 && S_ISREG(facts->st_mode) && system_kind.shown != 0) {
        facts->st_mode = (facts->st_mode & S_IFMT) | system_kind.shown;
    }
    facts->st_uid = system_kind.owner;
    return result;
}

static int kind_fsetxattr(int descriptor, const char *name, const void *value, size_t size,
                          int flags)
{
    errno = system_kind.acl_number;
    return system_kind.acl_number == 0 ? fsetxattr(descriptor, name, value, size, flags) : -1;
}

static struct system_calls kind_calls(void)
{
    struct system_calls calls = system_calls_real;

    calls.fchmod = kind_fchmod;
    calls.fstat = kind_fstat;
    calls.lstat = kind_lstat;
    calls.fsetxattr = kind_fsetxattr;
    return calls;
}

static void test_file_systems(void **state)
{
    static const struct {
        const char *name;
        mode_t old; /* of the destination, 0 for none */
        int chmod_number;
        bool keeps;
        mode_t shown;
        enum exit_status status; /* STATUS_DONE: it is replaced */
        bool warned;
    } table[] = {
        {"as it should be", 0640, 0, true, 0, STATUS_DONE, false},
        {"FAT, a new file", 0, EPERM, false, 0755, STATUS_DONE, true},
        {"FAT, an old file", 0600, EPERM, false, 0755, STATUS_DONE, true},
        {"CIFS, where chmod does nothing", 0600, 0, false, 0755, STATUS_DONE, true},
        {"CIFS, a new file", 0, 0, false, 0777, STATUS_DONE, true},
        {"FAT, mounted for one user", 0600, EPERM, false, 0700, STATUS_DONE, false},
        {"chmod refused, the group loses", 0640, EPERM, false, 0, STATUS_FILE, false},
        {"chmod does nothing, the group loses", 0640, 0, false, 0, STATUS_FILE, false},
        {"no such call", 0640, ENOSYS, false, 0, STATUS_FILE, false},
        {"a disk that fails", 0640, EIO, false, 0, STATUS_SYSTEM, false},
        {"a disk that fails, without permissions", 0600, EIO, false, 0755, STATUS_SYSTEM, false},
        {"not needed", 0600, EPERM, false, 0, STATUS_DONE, false},
    };
    struct system_calls calls = kind_calls();

    (void)state;
    system_kind.owner = geteuid();
    for (size_t at = 0; at < sizeof table / sizeof table[0]; at++) {
        struct buffer lines = BUFFER_EMPTY;
        struct error error = {STATUS_DONE, ""};

        (void)unlink("file");
        if (table[at].old != 0) {
            put("file", table[at].old);
        }
        system_kind.chmod_number = table[at].chmod_number;
        system_kind.keeps = table[at].keeps;
        system_kind.shown = table[at].shown;
        system_use(&calls);
        (void)replace("file", STORE_FOREIGN_REFUSE, &lines, &error);
        system_use(NULL);
        if (error.status != table[at].status || (lines.length > 0) != table[at].warned) {
            fail_msg("%s: %d %s %s", table[at].name, (int)error.status, error.text,
                     buffer_text(&lines));
        }
        assert_int_equal(access(".file.gridkey-new", F_OK), -1);
        buffer_free(&lines);
    }
    memset(&system_kind, 0, sizeof system_kind);
}

static void test_acl_is_refused(void **state)
{
    struct system_calls calls = kind_calls();
    struct buffer lines = BUFFER_EMPTY;
    struct error error;

    (void)state;
    put("file", 0600);
    set_acl("file", ACCESS_ACL, 4, 0);
    system_kind.keeps = true;
    system_kind.owner = geteuid();
    system_kind.acl_number = EPERM;
    system_use(&calls);
    assert_int_equal(replace("file", STORE_FOREIGN_REFUSE, &lines, &error), -1);
    system_use(NULL);
    assert_int_equal(error.status, STATUS_FILE);
    assert_non_null(strstr(error.text, "access control list"));
    assert_true(getxattr("file", ACCESS_ACL, NULL, 0) > 0);
    memset(&system_kind, 0, sizeof system_kind);
    buffer_free(&lines);
}

/* A record that this file system cannot keep private, or shows as another's, is read nevertheless.
 */
static void test_record_without_permissions(void **state)
{
    static const struct {
        mode_t shown;
        uid_t owner;
    } table[] = {{0755, 0}, {0777, 0}, {0, 65534}};
    struct system_calls calls = kind_calls();
    struct records records;
    struct record record;
    struct error error;

    (void)state;
    for (size_t at = 0; at < sizeof table / sizeof table[0]; at++) {
        system_kind.shown = table[at].shown;
        system_kind.owner = table[at].owner == 0 ? geteuid() : table[at].owner;
        system_use(&calls);
        assert_int_equal(records_open(&records, NULL, "to", &error), 0);
        assert_int_equal(records.open_bits != 0, table[at].shown != 0);
        assert_int_equal(records_create(&records, RECORD_REQUEST, "{}", 2, &record, &error), 0);
        record_close(&record);
        records_close(&records);
        assert_int_equal(records_open(&records, NULL, "to", &error), 0);
        if (records_read(&records, 0, &record, &error) != 0) {
            fail_msg("%s", error.text);
        }
        assert_int_equal(records_remove(&records, &record, &error), 0);
        record_close(&record);
        records_close(&records);
        system_use(NULL);
        assert_int_equal(access(".to.gridkey-1", F_OK), -1);
        assert_int_equal(access(".to.gridkey-lock", F_OK), -1);
    }
    memset(&system_kind, 0, sizeof system_kind);
}

static void test_exposure_is_described(void **state)
{
    static const struct {
        bool modeless;
        bool own;
        bool advised;
    } table[] = {{false, true, true}, {true, true, false}, {true, false, false}};
    struct store_file_facts facts = {.exists = true, .mode = 0644};

    (void)state;
    for (size_t at = 0; at < sizeof table / sizeof table[0]; at++) {
        struct buffer out = BUFFER_EMPTY;

        facts.modeless = table[at].modeless;
        facts.owner = geteuid() + (table[at].own ? 0 : 1);
        store_describe_exposure(&facts, "my file", &out);
        assert_int_equal(strstr(buffer_text(&out), "chmod 600 'my file'") != NULL,
                         table[at].advised);
        buffer_free(&out);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
    const struct CMUnitTest tests[] = {
        TEST(test_acl_is_kept),
        TEST(test_inherited_acl_stays_asleep),
        TEST(test_acl_is_refused),
        TEST(test_group),
        TEST(test_owner),
        TEST(test_prepared_file),
        TEST(test_file_systems),
        TEST(test_record_without_permissions),
        TEST(test_exposure_is_described),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
