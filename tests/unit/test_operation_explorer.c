/*
 * Every state that an operation can get into, walked to a fixed point.
 *
 * A model of the disk, the destination and the API, and of one run of gridkey at a time. In each
 * state the real operation_next decides; what operation_perform does, as operation.h says, is
 * modelled here, with each outcome that it can have. Between any two steps
 *
 * - the run may end: a crash, a failed call, a lost response, a question answered with no (what a
 *   step did at the API and on disk stays, what the run knew is gone);
 * - others may act: deactivate or delete a credential or the client, replace, move, copy, remove or
 *   edit the section, make a credential, or a client of the same name;
 * - a request that was given up may arrive, until its window closes;
 *
 * and after a run any other may follow: recover with each option and signer, or rotate again.
 * Others do not act between the search for orphans and what is done about them, nor between a proof
 * and the call that it is for. A question to the user is no such moment.
 *
 * Modelled as done: each decision sees the destination as it is; the record keeps that the old
 * credential was not replaced; a search counts as in use what the operation cannot have made.
 *
 * The rules are those of DESIGN, section 3: each step is checked against what is true in the model,
 * not against what the run believes. From each state without a run, undisturbed recoveries must
 * come to an end.
 */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize "O2" /* a million states, with all checks of the compiler */
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iam/operation.h"

enum record { RECORD_NONE, RECORD_REQUEST, RECORD_REFUSED, RECORD_UNREADABLE, RECORD_ANSWERED };
/* What the section of the destination holds. */
enum content {
    HOLDS_NOTHING,
    HOLDS_OLD,     /* what is to be replaced */
    HOLDS_NEW,     /* the operation's credential */
    HOLDS_SPOILED, /* its token and secret, with another host: it does not work */
    HOLDS_DAMAGED, /* its token with another secret */
    HOLDS_OTHER,   /* anything else */
    HOLDS_LATER    /* what a later run made */
};
enum life { LIFE_NONE, LIFE_AS_MADE, LIFE_ACTIVE, LIFE_INACTIVE, LIFE_GONE };
enum replaced { REPLACED_NOTHING, REPLACED_OLD, REPLACED_NOT_OLD };
enum orphan_bit { ORPHAN_CLIENT = 1, ORPHAN_MADE = 2, ORPHAN_LATER = 4 };

/* What does not change during a walk. */
struct scenario {
    const char *name;
    enum operation_kind kind;
    bool grace;
    bool keeps;
    bool expires;    /* the new credential is to get another expiry */
    bool soft;       /* one that is derived from the old one */
    bool signing;    /* the signing file is another, and holds the old credential */
    bool occupied;   /* of a create with --replace: something is there */
    bool unrecorded; /* there is no place for records: the user was told before */
};

/* Bytes alone, so that states are compared and hashed as memory. */
struct world {
    /* On disk */
    uint8_t record; /* of the request for a client with its credential, or for a credential */
    uint8_t follow; /* it is of the request that follows a client without a credential */
    uint8_t bare;   /* there is a record of such a client */
    uint8_t content;
    uint8_t shared; /* another section holds the old credential */
    uint8_t kept;   /* the record says that the old one was not replaced */
    /* At the API. For a client create, old is the credential of a response without its secret. */
    uint8_t client; /* of a client create */
    uint8_t old;
    uint8_t old_ends; /* with the grace */
    uint8_t made;
    uint8_t made_inactive; /* was made so */
    uint8_t adjusted;      /* has the expiry that was asked for */
    uint8_t later;         /* another credential */
    uint8_t later_twin;    /* of another client with the same name */
    uint8_t later_within;  /* made within the window of the request */
    uint8_t under_way;     /* the request may still arrive */
    uint8_t window;        /* until this closes */
    /* What the rules need */
    uint8_t client_requests;
    uint8_t credential_requests;
    uint8_t replaced; /* what the new one took the place of */
};

struct run {
    uint8_t active;
    uint8_t state;   /* of the operation */
    uint8_t on_bare; /* it deals with the record of the client without a credential */
    uint8_t owns;
    uint8_t stored; /* by this run */
    uint8_t not_replaced;
    uint8_t sends, replaces, cleans, agreed;
    uint8_t taken;    /* this run stored the later credential */
    uint8_t hidden;   /* the signing credential does not see the client */
    uint8_t unusable; /* the destination is */
    /* struct server_view */
    uint8_t made, inactive_as_made, old, old_ends, grace_refused, adjust, proof, window_open;
    uint8_t searched, sees, orphans, client;
    /* What the rules need */
    uint8_t found;      /* orphan_bit */
    uint8_t proved_new; /* the new credential signed a call in this run */
    uint8_t proved;     /* read from the destination as it is, after the last question */
};

struct state {
    struct world world;
    struct run run;
};

#define OUTCOMES_MOST 40
struct outcomes {
    struct state list[OUTCOMES_MOST];
    const char *labels[OUTCOMES_MOST];
    size_t count;
};

struct visited {
    struct state state;
    uint32_t hash;
    uint32_t from;
    const char *label; /* how it was reached from there */
};

struct walk {
    struct scenario scenario;
    struct visited *states;
    size_t count;
    size_t capacity;
    uint32_t *table; /* number + 1 of a state, 0 for none */
    size_t table_size;
    size_t at; /* the state that is looked at */
    size_t violations;
};

#define SHOWN_MOST 2 /* violations, which are printed, end a walk */

/* --- reporting ------------------------------------------------------------------------------ */

static void print_state(const struct state *state)
{
    const struct world *world = &state->world;
    const struct run *run = &state->run;

    printf(
        "      record %d follow %d bare %d content %d shared %d client %d old %d ends %d made %d "
        "later %d window %d\n",
        world->record, world->follow, world->bare, world->content, world->shared, world->client,
        world->old, world->old_ends, world->made, world->later, world->window);
    if (run->active) {
        printf("      run: state %d owns %d sends %d made %d old %d adjust %d proof %d searched %d "
               "sees %d orphans %d client %d\n",
               run->state, run->owns, run->sends, run->made, run->old, run->adjust, run->proof,
               run->searched, run->sees, run->orphans, run->client);
    }
}

static void print_path(const struct walk *walk)
{
    const char *labels[256];
    size_t count = 0;

    for (size_t at = walk->at; at != 0 && count < 256; at = walk->states[at].from) {
        labels[count++] = walk->states[at].label;
    }
    while (count > 0) {
        printf("    %s\n", labels[--count]);
    }
}

static void require(struct walk *walk, const struct state *state, bool is, const char *rule)
{
    if (!is && walk->violations++ < SHOWN_MOST) {
        printf("  %s: %s, after\n", walk->scenario.name, rule);
        print_path(walk);
        print_state(state);
    }
}

/* --- what is true --------------------------------------------------------------------------- */

static bool is_alive(uint8_t life)
{
    return life == LIFE_AS_MADE || life == LIFE_ACTIVE || life == LIFE_INACTIVE;
}

static bool is_rotation(const struct walk *walk)
{
    return walk->scenario.kind == OPERATION_ROTATE;
}

static bool is_stored(const struct world *world)
{
    return world->content == HOLDS_NEW || world->content == HOLDS_SPOILED;
}

/* Whether the secret of the new credential is where this user has it. */
static bool is_secret_here(const struct world *world)
{
    return world->record == RECORD_ANSWERED || is_stored(world);
}

/* Whether the later credential belongs to the operation's own client. */
static bool is_later_inside(const struct world *world)
{
    return is_alive(world->later) && !world->later_twin;
}

/* Whether a search can tell that the operation did not make the later one. */
static bool is_later_known(const struct state *state)
{
    return state->world.content == HOLDS_LATER || !state->world.later_within ||
           state->run.on_bare || state->run.state == OPERATION_REFUSED;
}

static bool needs_adjustment(const struct walk *walk, const struct world *world)
{
    return world->made == LIFE_AS_MADE ||
           (is_alive(world->made) && walk->scenario.expires && !world->adjusted);
}

static bool is_doubtful(const struct run *run)
{
    return run->state == OPERATION_IN_DOUBT || run->state == OPERATION_UNREADABLE;
}

/* Whether the request is that for a client. */
static bool asks_for_client(const struct walk *walk, const struct run *run)
{
    return walk->scenario.kind == OPERATION_CLIENT && !run->owns;
}

/* --- the decision --------------------------------------------------------------------------- */

static enum destination_content view_content(const struct state *state)
{
    static const enum destination_content contents[] = {
        [HOLDS_NOTHING] = DESTINATION_FREE,    [HOLDS_OLD] = DESTINATION_EXPECTED,
        [HOLDS_NEW] = DESTINATION_NEW,         [HOLDS_SPOILED] = DESTINATION_NEW,
        [HOLDS_DAMAGED] = DESTINATION_DAMAGED, [HOLDS_OTHER] = DESTINATION_OTHER,
        [HOLDS_LATER] = DESTINATION_OTHER};

    if (state->run.unusable) {
        return DESTINATION_UNUSABLE;
    }
    return state->world.content == HOLDS_LATER && state->run.taken ? DESTINATION_TAKEN
                                                                   : contents[state->world.content];
}

static struct destination_view view_destination(const struct walk *walk, const struct state *state)
{
    if (state->run.state != OPERATION_ANSWERED) {
        return (struct destination_view){.content = DESTINATION_UNKNOWN};
    }
    return (struct destination_view){.content = view_content(state),
                                     .shared = state->world.shared && !state->run.unusable,
                                     .signing_holds = walk->scenario.signing};
}

static struct server_view view_server(const struct run *run)
{
    return (struct server_view){.made = (enum server_credential)run->made,
                                .inactive_as_made = run->inactive_as_made,
                                .old = (enum server_credential)run->old,
                                .old_ends = run->old_ends,
                                .grace_refused = run->grace_refused,
                                .adjust = (enum server_adjust)run->adjust,
                                .proof = (enum server_proof)run->proof,
                                .window_open = run->window_open,
                                .searched = run->searched,
                                .sees = run->sees,
                                .orphans = run->orphans,
                                .most = run->searched,
                                .client = (enum server_client)run->client};
}

static enum operation_step decide(const struct walk *walk, const struct state *state)
{
    static char old_id[] = "1";
    const struct run *run = &state->run;
    const bool has_old = is_rotation(walk) || state->world.old != LIFE_NONE;
    const struct operation operation = {.kind =
                                            run->owns ? OPERATION_CREDENTIAL : walk->scenario.kind,
                                        .state = (enum operation_state)run->state,
                                        .old_id = has_old ? old_id : NULL,
                                        .expires = walk->scenario.expires,
                                        .expires_soft = walk->scenario.soft,
                                        .grace = walk->scenario.grace,
                                        .keeps = walk->scenario.keeps,
                                        .owns_client = run->owns,
                                        .not_replaced = run->not_replaced};
    const struct destination_view destination = view_destination(walk, state);
    const struct server_view server = view_server(run);
    const struct operation_policy policy = {.sends = run->sends,
                                            .replaces = run->replaces,
                                            .cleans = run->cleans,
                                            .agreed = run->agreed};

    return operation_next(&operation, &destination, &server, &policy);
}

/* --- what a step does ----------------------------------------------------------------------- */

/* A state that may follow, to be changed by the caller. */
static struct state *emit(struct outcomes *outcomes, const struct state *state, const char *label)
{
    struct state *next = &outcomes->list[outcomes->count];

    assert_true(outcomes->count < OUTCOMES_MOST);
    *next = *state;
    outcomes->labels[outcomes->count++] = label;
    return next;
}

static void end_run(struct state *state)
{
    state->run = (struct run){.active = false};
}

static void write_record(const struct walk *walk, struct world *world, enum record record)
{
    world->record = (uint8_t)(walk->scenario.unrecorded ? RECORD_NONE : record);
}

static void perform_reserve(struct walk *walk, const struct state *state, struct outcomes *outcomes)
{
    struct state *next = emit(outcomes, state, "reserve");

    require(walk, state, state->world.record == RECORD_NONE, "a record is overwritten");
    write_record(walk, &next->world, RECORD_REQUEST);
    next->world.window = true;
    next->run.state = OPERATION_RECORDED;
}

static void judge_new(const struct walk *walk, struct state *state)
{
    static const enum server_credential lives[] = {[LIFE_NONE] = SERVER_GONE,
                                                   [LIFE_AS_MADE] = SERVER_INACTIVE,
                                                   [LIFE_ACTIVE] = SERVER_ACTIVE,
                                                   [LIFE_INACTIVE] = SERVER_INACTIVE,
                                                   [LIFE_GONE] = SERVER_GONE};

    state->run.made = (uint8_t)lives[state->world.made];
    state->run.inactive_as_made = state->world.made == LIFE_AS_MADE;
    state->run.adjust = needs_adjustment(walk, &state->world) ? ADJUST_NEEDED : ADJUST_DONE;
}

/* The API carries the request out. */
static void make_credential(const struct walk *walk, struct world *world, bool inactive)
{
    if (walk->scenario.kind == OPERATION_CLIENT) {
        world->client = LIFE_ACTIVE;
    }
    world->made = inactive ? LIFE_AS_MADE : LIFE_ACTIVE;
    world->made_inactive = inactive;
}

static struct state *emit_sent(struct walk *walk, const struct state *state,
                               struct outcomes *outcomes, const char *label, enum record record,
                               enum operation_state becomes)
{
    struct state *next = emit(outcomes, state, label);

    if (asks_for_client(walk, &state->run)) {
        next->world.client_requests = 1;
    } else {
        next->world.credential_requests = 1;
    }
    write_record(walk, &next->world, record);
    next->run.state = (uint8_t)becomes;
    return next;
}

static void emit_answered(struct walk *walk, const struct state *state, struct outcomes *outcomes)
{
    for (int inactive = 0; inactive < 2; inactive++) {
        struct state *next = emit_sent(walk, state, outcomes, inactive ? "send: inactive" : "send",
                                       RECORD_ANSWERED, OPERATION_ANSWERED);

        make_credential(walk, &next->world, inactive);
        judge_new(walk, next);
    }
}

static void emit_bare(struct walk *walk, const struct state *state, struct outcomes *outcomes)
{
    for (int stray = 0; stray < 2; stray++) {
        struct state *next = emit_sent(walk, state, outcomes,
                                       stray ? "send: a client, and a credential without its secret"
                                             : "send: a client without a credential",
                                       RECORD_NONE, OPERATION_BARE);

        next->world.bare = !walk->scenario.unrecorded;
        next->world.client = LIFE_ACTIVE;
        next->world.old = stray ? LIFE_ACTIVE : LIFE_NONE;
        next->run.on_bare = true;
    }
    emit_sent(walk, state, outcomes, "send: a client without a credential, the response is lost",
              RECORD_REQUEST, OPERATION_IN_DOUBT)
        ->world.client = LIFE_ACTIVE;
}

static void perform_send(struct walk *walk, const struct state *state, struct outcomes *outcomes)
{
    const struct world *world = &state->world;
    struct state *next;

    require(walk, state,
            (asks_for_client(walk, &state->run) ? world->client_requests
                                                : world->credential_requests) == 0,
            "a request that makes a secret is repeated");
    require(walk, state, world->record == RECORD_REQUEST || walk->scenario.unrecorded,
            "a request is sent that is not recorded");
    emit_answered(walk, state, outcomes);
    if (asks_for_client(walk, &state->run)) {
        emit_bare(walk, state, outcomes);
    }
    next = emit_sent(walk, state, outcomes, "send: the response is lost", RECORD_REQUEST,
                     OPERATION_IN_DOUBT);
    make_credential(walk, &next->world, false);
    next = emit_sent(walk, state, outcomes, "send: the response cannot be read", RECORD_UNREADABLE,
                     OPERATION_UNREADABLE);
    make_credential(walk, &next->world, false);
    (void)emit_sent(walk, state, outcomes, "send: the response repeats another", RECORD_UNREADABLE,
                    OPERATION_UNREADABLE);
    (void)emit_sent(walk, state, outcomes, "send: refused", RECORD_REFUSED, OPERATION_REFUSED);
    (void)emit_sent(walk, state, outcomes, "send: lost", RECORD_REQUEST, OPERATION_IN_DOUBT);
    emit_sent(walk, state, outcomes, "send: given up", RECORD_REQUEST, OPERATION_IN_DOUBT)
        ->world.under_way = true;
    emit(outcomes, state, "send: no connection")->run.state = OPERATION_REFUSED;
}

static void perform_follow(struct walk *walk, const struct state *state, struct outcomes *outcomes)
{
    require(walk, state, !state->run.owns, "a request that makes a secret is repeated");
    for (int left = 0; left < 2; left++) {
        struct state *next =
            emit(outcomes, state, left ? "follow: the first record cannot be removed" : "follow");

        write_record(walk, &next->world, RECORD_REQUEST);
        next->world.follow = true;
        next->world.bare = left && !walk->scenario.unrecorded;
        next->world.window = true;
        next->run.on_bare = false;
        next->run.owns = true;
        next->run.state = OPERATION_RECORDED;
    }
}

/* What a search finds that the request may have made. */
static uint8_t find_orphans(const struct walk *walk, const struct state *state)
{
    const struct world *world = &state->world;
    const bool unknown = is_alive(world->later) && !is_later_known(state);
    const uint8_t later = unknown ? ORPHAN_LATER : 0;
    const uint8_t made = is_alive(world->made) && !is_secret_here(world) ? ORPHAN_MADE : 0;

    if (state->run.on_bare || state->run.hidden) {
        return 0;
    }
    if (!asks_for_client(walk, &state->run)) {
        return later | made;
    }
    if (world->client != LIFE_ACTIVE) {
        return later;
    }
    if (!is_later_inside(world)) {
        return later | ORPHAN_CLIENT;
    }
    return unknown && !made ? ORPHAN_CLIENT : later | made;
}

static enum server_client find_client(const struct walk *walk, const struct state *state)
{
    const struct world *world = &state->world;
    const bool on_bare = state->run.on_bare;

    if (asks_for_client(walk, &state->run) && !on_bare) {
        return CLIENT_UNKNOWN;
    }
    if (state->run.hidden || world->client == LIFE_GONE) {
        return CLIENT_GONE;
    }
    return walk->scenario.kind != OPERATION_CLIENT ||
                   (is_later_inside(world) && is_later_known(state)) ||
                   (is_alive(world->made) && (on_bare || is_secret_here(world)))
               ? CLIENT_IN_USE
               : CLIENT_BARE;
}

static void perform_search(struct walk *walk, const struct state *state, struct outcomes *outcomes)
{
    struct run *run = &emit(outcomes, state, "search")->run;

    require(walk, state, !run->sends, "the run that sends a request searches for what it made");
    require(walk, state, !run->window_open || !is_doubtful(run), "a search is made too early");
    require(walk, state, run->state != OPERATION_REFUSED || run->owns,
            "what a refused request made is searched for");
    run->searched = true;
    run->sees = !run->hidden;
    run->client = (uint8_t)find_client(walk, state);
    run->found = find_orphans(walk, state);
    run->orphans = (uint8_t)((run->found & 1) + (run->found >> 1 & 1) + (run->found >> 2));
}

static void delete_client(struct world *world)
{
    world->client = LIFE_GONE;
    world->made = is_alive(world->made) ? LIFE_GONE : world->made;
    world->old = is_alive(world->old) ? LIFE_GONE : world->old;
    world->later = is_later_inside(world) ? LIFE_GONE : world->later;
}

/* Whether the later credential is what the request has made, as far as anybody can see. */
static bool is_mistakable(const struct state *state)
{
    return !is_later_known(state) && !is_alive(state->world.made);
}

static void perform_revoke_orphans(struct walk *walk, const struct state *state,
                                   struct outcomes *outcomes)
{
    const struct world *world = &state->world;
    const uint8_t found = state->run.found;
    const bool later = found & ORPHAN_LATER || (found & ORPHAN_CLIENT && is_later_inside(world));
    struct state *next = emit(outcomes, state, "revoke orphans");

    require(walk, state, state->run.cleans, "something is deleted without --clean");
    require(walk, state, !world->window, "something is concluded within the window");
    require(walk, state, !later || is_mistakable(state), "what is in use is deleted");
    require(walk, state, !(found & (ORPHAN_MADE | ORPHAN_CLIENT)) || !is_secret_here(world),
            "a credential whose secret is here is deleted");
    if (found & ORPHAN_CLIENT) {
        delete_client(&next->world);
    }
    next->world.made = found & ORPHAN_MADE ? LIFE_GONE : next->world.made;
    next->world.later = found & ORPHAN_LATER ? LIFE_GONE : next->world.later;
    next->run.orphans = next->run.found = 0;
    if (world->made == LIFE_ACTIVE && found & (ORPHAN_MADE | ORPHAN_CLIENT)) {
        next = emit(outcomes, state, "revoke orphans: deactivated alone");
        next->world.made = LIFE_INACTIVE;
        end_run(next);
    }
}

static void perform_delete_client(struct walk *walk, const struct state *state,
                                  struct outcomes *outcomes)
{
    const struct world *world = &state->world;
    struct state *next = emit(outcomes, state, "delete client");

    require(walk, state, state->run.cleans, "something is deleted without --clean");
    require(walk, state, walk->scenario.kind == OPERATION_CLIENT && world->client == LIFE_ACTIVE,
            "a client is deleted that is not there, or not the operation's");
    require(walk, state,
            (!is_later_inside(world) || is_mistakable(state)) &&
                !(is_alive(world->made) && is_secret_here(world)),
            "a client in use is deleted");
    delete_client(&next->world);
    next->run.client = CLIENT_GONE;
}

static void perform_look_at_new(struct walk *walk, const struct state *state,
                                struct outcomes *outcomes)
{
    require(walk, state, is_rotation(walk) || is_stored(&state->world),
            "the API is asked for a credential before it is stored");
    judge_new(walk, emit(outcomes, state, "look at new"));
}

static void perform_activate(struct walk *walk, const struct state *state,
                             struct outcomes *outcomes)
{
    require(walk, state, is_rotation(walk), "a credential is activated before it is stored");
    if (state->world.made == LIFE_AS_MADE || state->world.made == LIFE_ACTIVE) {
        struct state *next = emit(outcomes, state, "activate");

        next->world.made = LIFE_ACTIVE;
        judge_new(walk, next);
    }
}

static void perform_prove(struct walk *walk, const struct state *state, struct outcomes *outcomes)
{
    (void)walk;
    if (state->world.made == LIFE_ACTIVE && state->world.content != HOLDS_SPOILED) {
        struct run *run = &emit(outcomes, state, "prove")->run;

        run->proved_new = true;
        run->proved = is_stored(&state->world);
        run->proof = run->proved ? PROOF_STORED : PROOF_NEW;
    }
}

/* Who stores knows what was there. */
static void note_replaced(struct state *next)
{
    const uint8_t content = next->world.content;
    const bool absent = !next->world.shared && (content == HOLDS_NOTHING ||
                                                content == HOLDS_OTHER || content == HOLDS_LATER);

    if (absent && !next->run.stored) {
        next->run.not_replaced = true;
        next->world.kept = true;
    }
    next->run.stored = true;
    if (next->world.shared || content == HOLDS_OLD) {
        next->world.replaced = REPLACED_OLD;
    } else if (absent && next->world.replaced == REPLACED_NOTHING) {
        next->world.replaced = REPLACED_NOT_OLD;
    }
}

static void perform_store(struct walk *walk, const struct state *state, struct outcomes *outcomes)
{
    const struct world *world = &state->world;
    const bool others = world->content == HOLDS_OTHER || world->content == HOLDS_LATER;
    struct state *next = emit(outcomes, state, "store");

    require(walk, state, !state->run.unusable, "a destination is written that cannot be read");
    require(walk, state, !others || state->run.replaces,
            "another credential is overwritten without --replace");
    require(walk, state, world->content != HOLDS_LATER || !state->run.taken,
            "a credential is overwritten that this run stored");
    require(walk, state, !is_rotation(walk) || state->run.proved_new,
            "the old credential is overwritten by one that was not proved");
    if (is_rotation(walk)) {
        note_replaced(next);
    }
    next->world.content = HOLDS_NEW;
    next->world.shared = false;
    next->run.proof = next->run.proof == PROOF_STORED ? PROOF_NEW : next->run.proof;
    next->run.proved = false;
}

static void perform_adjust(struct walk *walk, const struct state *state, struct outcomes *outcomes)
{
    require(walk, state, is_stored(&state->world), "a credential is adjusted before it is stored");
    require(walk, state, state->run.adjust != ADJUST_UNKNOWN,
            "a credential is adjusted before it is looked at");
    if (is_alive(state->world.made)) {
        struct state *next = emit(outcomes, state, "adjust");

        next->world.made = next->world.made == LIFE_AS_MADE ? LIFE_ACTIVE : next->world.made;
        next->world.adjusted = walk->scenario.expires;
        next->run.adjust = ADJUST_DONE;
    }
    emit(outcomes, state, "adjust: refused")->run.adjust = ADJUST_REFUSED;
}

static void perform_look_at_old(struct walk *walk, const struct state *state,
                                struct outcomes *outcomes)
{
    const uint8_t old = state->world.old;
    struct run *run = &emit(outcomes, state, "look at old")->run;

    require(walk, state, old != LIFE_NONE, "an old credential is looked for where none was");
    require(walk, state, run->client != CLIENT_GONE, "a credential of no client is looked for");
    run->old = old == LIFE_ACTIVE     ? SERVER_ACTIVE
               : old == LIFE_INACTIVE ? SERVER_INACTIVE
                                      : SERVER_GONE;
    run->old_ends = old == LIFE_INACTIVE || state->world.old_ends;
}

static void perform_ask(struct walk *walk, const struct state *state, struct outcomes *outcomes)
{
    struct run *run = &emit(outcomes, state, "ask")->run;

    require(walk, state, walk->scenario.signing, "a question is asked for nothing");
    require(walk, state,
            run->old == SERVER_ACTIVE ||
                (run->old == SERVER_INACTIVE && !walk->scenario.keeps && !walk->scenario.grace),
            "a question is asked when nothing is to be revoked");
    run->agreed = true;
    run->proved = false;
}

/* What has to be true when the old credential is changed. */
static void check_revocation(struct walk *walk, const struct state *state)
{
    const struct world *world = &state->world;

    require(walk, state, world->old != LIFE_NONE, "an old credential is revoked where none was");
    if (!is_rotation(walk)) {
        return; /* nobody has its secret */
    }
    require(walk, state, is_stored(world) && state->run.proved,
            "a credential is revoked without proof of what the destination holds");
    require(walk, state, !world->shared, "another section holds what is revoked");
    require(walk, state, world->replaced != REPLACED_NOT_OLD,
            "a credential is revoked that was not replaced");
    require(walk, state, !walk->scenario.signing || state->run.agreed,
            "what the signing file holds is revoked, and nobody was asked");
}

static void perform_expire_old(struct walk *walk, const struct state *state,
                               struct outcomes *outcomes)
{
    check_revocation(walk, state);
    require(walk, state, walk->scenario.grace, "a credential gets a grace that nobody asked for");
    if (is_alive(state->world.old)) {
        struct state *next = emit(outcomes, state, "expire old");

        next->world.old_ends = next->run.old_ends = true;
        emit(outcomes, state, "expire old: refused")->run.grace_refused = true;
    }
}

static void perform_deactivate_old(struct walk *walk, const struct state *state,
                                   struct outcomes *outcomes)
{
    check_revocation(walk, state);
    require(walk, state, !walk->scenario.grace, "a credential is revoked within its grace");
    if (is_alive(state->world.old)) {
        struct state *next = emit(outcomes, state, "deactivate old");

        next->world.old = LIFE_INACTIVE;
        next->run.old = SERVER_INACTIVE;
    }
}

static void perform_delete_old(struct walk *walk, const struct state *state,
                               struct outcomes *outcomes)
{
    check_revocation(walk, state);
    require(walk, state, !walk->scenario.grace, "a credential is revoked within its grace");
    require(walk, state, !walk->scenario.keeps, "a credential is deleted that is to be kept");
    if (state->world.old == LIFE_INACTIVE) { /* the API deletes no active one */
        struct state *next = emit(outcomes, state, "delete old");

        next->world.old = LIFE_GONE;
        next->run.old = SERVER_GONE;
    }
}

static void remove_record(const struct walk *walk, const struct state *state,
                          struct outcomes *outcomes, const char *label)
{
    struct state *next = emit(outcomes, state, label);

    if (state->run.on_bare) {
        next->world.bare = false;
    } else {
        next->world.record = RECORD_NONE;
    }
    next->run.state = OPERATION_FINISHED;
    if (!walk->scenario.unrecorded) {
        end_run(emit(outcomes, state, "(the record cannot be removed)"));
    }
}

/* Of the client that was made nothing is left, or others use it and nothing of it is lost. */
static bool is_client_settled(const struct walk *walk, const struct state *state)
{
    const struct world *world = &state->world;

    return walk->scenario.kind != OPERATION_CLIENT || world->client != LIFE_ACTIVE ||
           (is_later_inside(world) && !is_alive(world->old)) ||
           /* The record of the request that followed answers for it. */
           (state->run.on_bare && is_alive(world->made));
}

static void check_discard(struct walk *walk, const struct state *state)
{
    const struct world *world = &state->world;
    const struct run *run = &state->run;
    const bool doubts = is_doubtful(run);
    /* The user who signs otherwise was told that nothing can be seen, and wants it forgotten. */
    const bool agreed = run->cleans && run->searched && run->hidden;

    require(walk, state,
            run->state != OPERATION_ANSWERED || !is_alive(world->made) ||
                (world->made == LIFE_INACTIVE && run->cleans),
            "a secret is thrown away");
    require(walk, state, is_client_settled(walk, state) || agreed, "a client is forgotten");
    require(walk, state, !doubts || !run->sends, "a run that is in doubt forgets its request");
    require(walk, state, !doubts || !world->window, "something is concluded within the window");
    require(walk, state, !doubts || !is_alive(world->made) || agreed, "a credential is forgotten");
    require(walk, state, run->state != OPERATION_UNREADABLE || run->cleans,
            "a response that cannot be read goes without --clean");
}

static void perform_discard(struct walk *walk, const struct state *state, struct outcomes *outcomes)
{
    check_discard(walk, state);
    remove_record(walk, state, outcomes, "discard");
}

static bool is_old_done(const struct walk *walk, const struct state *state)
{
    const uint8_t old = state->world.old;

    if (!is_alive(old) || state->run.not_replaced) {
        return true;
    }
    return walk->scenario.grace
               ? old == LIFE_INACTIVE || state->world.old_ends || state->run.grace_refused
               : walk->scenario.keeps && old == LIFE_INACTIVE;
}

static void perform_finish(struct walk *walk, const struct state *state, struct outcomes *outcomes)
{
    const struct run *run = &state->run;
    const bool told = run->adjust == ADJUST_REFUSED && (!run->sends || walk->scenario.soft);

    require(walk, state, run->state == OPERATION_ANSWERED && is_stored(&state->world),
            "an operation is finished whose credential is not stored");
    require(walk, state, !state->world.shared, "a section that holds the old one is forgotten");
    require(walk, state, !needs_adjustment(walk, &state->world) || told,
            "an adjustment is forgotten");
    require(walk, state, is_old_done(walk, state), "the old credential is forgotten");
    remove_record(walk, state, outcomes, "finish");
}

static void perform(struct walk *walk, const struct state *state, enum operation_step step,
                    struct outcomes *outcomes)
{
    static void (*const steps[])(struct walk *, const struct state *, struct outcomes *) = {
        [OPERATION_RESERVE] = perform_reserve,
        [OPERATION_SEND] = perform_send,
        [OPERATION_FOLLOW] = perform_follow,
        [OPERATION_SEARCH] = perform_search,
        [OPERATION_REVOKE_ORPHANS] = perform_revoke_orphans,
        [OPERATION_DELETE_CLIENT] = perform_delete_client,
        [OPERATION_LOOK_AT_NEW] = perform_look_at_new,
        [OPERATION_ACTIVATE] = perform_activate,
        [OPERATION_PROVE] = perform_prove,
        [OPERATION_STORE] = perform_store,
        [OPERATION_ADJUST] = perform_adjust,
        [OPERATION_LOOK_AT_OLD] = perform_look_at_old,
        [OPERATION_ASK] = perform_ask,
        [OPERATION_EXPIRE_OLD] = perform_expire_old,
        [OPERATION_DEACTIVATE_OLD] = perform_deactivate_old,
        [OPERATION_DELETE_OLD] = perform_delete_old,
        [OPERATION_DISCARD] = perform_discard,
        [OPERATION_FINISH] = perform_finish};

    steps[step](walk, state, outcomes);
}

/* --- runs ----------------------------------------------------------------------------------- */

/* The run that begins the operation. */
static struct state begin(const struct scenario *scenario)
{
    const bool rotates = scenario->kind == OPERATION_ROTATE;
    struct state state = {.world = {.record = RECORD_NONE}};

    state.world.old = rotates ? LIFE_ACTIVE : LIFE_NONE;
    state.world.content = rotates || scenario->occupied ? HOLDS_OLD : HOLDS_NOTHING;
    state.run.active = state.run.sends = true;
    state.run.state = OPERATION_NEW;
    state.run.agreed = rotates; /* asked before the request */
    state.run.replaces = scenario->occupied;
    return state;
}

/* A later run loads a record. */
static struct state load(const struct walk *walk, const struct state *state, bool bare)
{
    static const enum operation_state states[] = {[RECORD_NONE] = OPERATION_NEW,
                                                  [RECORD_REQUEST] = OPERATION_IN_DOUBT,
                                                  [RECORD_REFUSED] = OPERATION_REFUSED,
                                                  [RECORD_UNREADABLE] = OPERATION_UNREADABLE,
                                                  [RECORD_ANSWERED] = OPERATION_ANSWERED};
    struct state next = *state;

    next.run = (struct run){.active = true, .on_bare = bare};
    next.run.state = (uint8_t)(bare ? OPERATION_BARE : states[state->world.record]);
    next.run.owns = !bare && state->world.follow;
    next.run.window_open = state->world.window;
    next.run.not_replaced = state->world.kept;
    next.run.adjust = next.run.state == OPERATION_ANSWERED && !state->world.made_inactive &&
                              !walk->scenario.expires
                          ? ADJUST_DONE
                          : ADJUST_UNKNOWN;
    return next;
}

/* Recover, with each option that matters, and each answer to whether the signer sees the client. */
static void emit_recoveries(const struct walk *walk, const struct state *state, bool bare,
                            struct outcomes *outcomes)
{
    const struct state loaded = load(walk, state, bare);
    const bool answered = loaded.run.state == OPERATION_ANSWERED;

    for (uint8_t option = 0; option < 2; option++) {
        for (uint8_t other = 0; other < 2; other++) {
            struct state *next = emit(outcomes, &loaded,
                                      !option    ? "recover"
                                      : answered ? "recover --replace"
                                                 : "recover --clean");

            next->run.replaces = answered && option;
            next->run.taken = answered && other;
            next->run.cleans = !answered && option;
            next->run.hidden = !answered && other;
        }
    }
    if (answered) {
        emit(outcomes, &loaded, "recover --clean")->run.cleans = true;
        emit(outcomes, &loaded, "recover: the destination is unusable")->run.unusable = true;
    }
}

/* Rotate adopts what an earlier rotation left. */
static void emit_adoption(const struct walk *walk, const struct state *state,
                          struct outcomes *outcomes)
{
    if (is_rotation(walk) && state->world.record != RECORD_UNREADABLE) {
        struct state next = load(walk, state, false);

        next.run.sends = next.run.state == OPERATION_ANSWERED;
        (void)emit(outcomes, &next, "rotate again");
    }
}

/* --- others --------------------------------------------------------------------------------- */

static void emit_server_changes(const struct state *state, struct outcomes *outcomes)
{
    const struct world *world = &state->world;

    if (world->old == LIFE_ACTIVE) {
        emit(outcomes, state, "(others deactivate the old one)")->world.old = LIFE_INACTIVE;
    }
    if (is_alive(world->old)) {
        emit(outcomes, state, "(others delete the old one)")->world.old = LIFE_GONE;
    }
    if (world->made == LIFE_ACTIVE) {
        emit(outcomes, state, "(others deactivate the new one)")->world.made = LIFE_INACTIVE;
    }
    if (is_alive(world->made)) {
        emit(outcomes, state, "(others delete the new one)")->world.made = LIFE_GONE;
    }
    if (world->client == LIFE_ACTIVE) {
        delete_client(&emit(outcomes, state, "(others delete the client)")->world);
    }
}

static void emit_content(const struct state *state, struct outcomes *outcomes, const char *label,
                         enum content content)
{
    emit(outcomes, state, label)->world.content = (uint8_t)content;
}

static void emit_section_changes(const struct walk *walk, const struct state *state,
                                 struct outcomes *outcomes)
{
    const uint8_t content = state->world.content;

    if (content != HOLDS_OTHER) {
        emit_content(state, outcomes, "(others replace or move the section)", HOLDS_OTHER);
    }
    if (content != HOLDS_NOTHING) {
        emit_content(state, outcomes, "(others remove or move the section)", HOLDS_NOTHING);
    }
    if (content == HOLDS_NEW) {
        emit_content(state, outcomes, "(others edit the secret)", HOLDS_DAMAGED);
        emit_content(state, outcomes, "(others edit the host)", HOLDS_SPOILED);
    }
    if (is_rotation(walk) && !state->world.shared) {
        emit(outcomes, state, "(others copy the old one to another section)")->world.shared = true;
    }
    if (is_rotation(walk) && content == HOLDS_OLD) {
        struct state *next = emit(outcomes, state, "(others rename the section)");

        next->world.content = HOLDS_NOTHING;
        next->world.shared = true;
    }
}

/* Another credential, of the operation's client or of another client with its name. */
static void emit_later(const struct walk *walk, const struct state *state, bool twin,
                       struct outcomes *outcomes)
{
    struct state *next = emit(outcomes, state, "(another is made elsewhere)");

    next->world.later = LIFE_ACTIVE;
    next->world.later_twin = twin;
    next->world.later_within = state->world.window;
    if (!state->run.active) {
        next = emit(outcomes, next, "(a later run makes another, and stores it here)");
        next->world.content = HOLDS_LATER;
        if (is_rotation(walk) && state->world.content == HOLDS_NEW) {
            next =
                emit(outcomes, next, "(a later rotation stores another and deletes the new one)");
            next->world.made = LIFE_GONE;
        }
    }
}

/* The request that was given up arrives, or cannot any more. */
static void emit_arrival(const struct walk *walk, const struct state *state,
                         struct outcomes *outcomes)
{
    const struct world *world = &state->world;

    if (world->under_way && (!world->follow || world->client == LIFE_ACTIVE)) {
        struct state *next = emit(outcomes, state, "(the request arrives after all)");

        next->world.under_way = false;
        make_credential(walk, &next->world, false);
    }
    if (!state->run.active && world->window) {
        struct state *next = emit(outcomes, state, "(the window closes)");

        next->world.window = next->world.under_way = false;
    }
}

static void emit_others(const struct walk *walk, const struct state *state,
                        struct outcomes *outcomes)
{
    const bool client = walk->scenario.kind == OPERATION_CLIENT;

    emit_server_changes(state, outcomes);
    emit_section_changes(walk, state, outcomes);
    emit_arrival(walk, state, outcomes);
    if (state->world.later == LIFE_NONE) {
        if (!client || state->world.client == LIFE_ACTIVE) {
            emit_later(walk, state, false, outcomes);
        }
        if (client) {
            emit_later(walk, state, true, outcomes);
        }
    }
}

/* --- undisturbed runs ----------------------------------------------------------------------- */

#define STEPS_MOST 24

/* Whether the API may refuse a step for good: the last of its outcomes. */
static bool is_refusable(enum operation_step step)
{
    return step == OPERATION_ADJUST || step == OPERATION_EXPIRE_OLD;
}

/*
 * Take the first outcome of each step until the run ends, or the refusal of those that have one;
 * send is the outcome of the first request. Returns the end, or the step that fails.
 */
static enum operation_step run_undisturbed(struct walk *walk, struct state *state, size_t send,
                                           bool refuses)
{
    for (unsigned i = 0; i < STEPS_MOST; i++) {
        const enum operation_step step = decide(walk, state);
        struct outcomes outcomes;
        size_t taken = step == OPERATION_SEND && !state->run.owns ? send : 0;

        outcomes.count = 0;
        if (step >= OPERATION_DONE) {
            return step;
        }
        perform(walk, state, step, &outcomes);
        if (outcomes.count == 0) {
            return step;
        }
        *state = outcomes.list[refuses && is_refusable(step) ? outcomes.count - 1 : taken];
    }
    require(walk, state, false, "a run does not end");
    return OPERATION_DONE;
}

/* Whether that is an end of a recovery with all permissions. */
static bool is_last_end(const struct state *state, enum operation_step end)
{
    switch (end) {
    case OPERATION_DONE:
        return true;
    case OPERATION_PROVE:
        return state->world.content == HOLDS_SPOILED;
    case OPERATION_TOO_MANY:
        return is_alive(state->world.later);
    default:
        return false;
    }
}

/* Whether nothing is left of what the request made, and nobody has to be asked. */
static bool is_nothing_left(const struct walk *walk, const struct state *state)
{
    const struct world *world = &state->world;

    if (state->run.state == OPERATION_ANSWERED) {
        return is_rotation(walk) && world->made == LIFE_GONE;
    }
    return state->run.state != OPERATION_UNREADABLE && is_client_settled(walk, state) &&
           (state->run.on_bare || !is_alive(world->made)) &&
           (!is_alive(world->later) || is_later_known(state));
}

static void check_recovery(struct walk *walk, const struct state *state, bool bare)
{
    struct state closed = *state;
    struct state all;

    closed.world.window = closed.world.under_way = false;
    closed = load(walk, &closed, bare);
    for (int way = 0; way < 3; way++) {
        const bool refuses = way == 1;

        all = closed;
        all.run.replaces = all.run.cleans = true;
        all.run.hidden = way == 2 && all.run.state != OPERATION_ANSWERED;
        require(walk, state, is_last_end(&all, run_undisturbed(walk, &all, 0, refuses)),
                "a recovery with all permissions does not finish");
    }
    if (is_nothing_left(walk, &closed)) {
        require(walk, state, run_undisturbed(walk, &closed, 0, false) == OPERATION_DONE,
                "a record is kept of which nothing is left");
    }
}

/* The run that begins, for each response with what is needed: active, inactive, bare, stray. */
static void check_run(struct walk *walk)
{
    const size_t responses = walk->scenario.kind == OPERATION_CLIENT ? 4 : 2;

    for (size_t send = 0; send < responses; send++) {
        struct state state = begin(&walk->scenario);

        require(walk, &state,
                run_undisturbed(walk, &state, send, false) == OPERATION_DONE &&
                    state.world.content == HOLDS_NEW && state.world.made == LIFE_ACTIVE,
                "an undisturbed run does not finish");
    }
    if (walk->scenario.soft) {
        struct state state = begin(&walk->scenario);

        require(walk, &state, run_undisturbed(walk, &state, 0, true) == OPERATION_DONE,
                "a run does not finish for an expiry that nobody asked for");
    }
}

/* --- walking -------------------------------------------------------------------------------- */

/* FNV-1a over words. */
static uint32_t hash_state(const struct state *state)
{
    uint64_t words[(sizeof *state + 7) / 8] = {0};
    uint64_t hash = 14695981039346656037U;

    memcpy(words, state, sizeof *state);
    for (size_t at = 0; at < sizeof words / sizeof words[0]; at++) {
        hash = (hash ^ words[at]) * 1099511628211U;
        hash ^= hash >> 32;
    }
    return (uint32_t)hash;
}

static size_t find_slot(const struct walk *walk, const struct state *state, uint32_t hash)
{
    size_t slot = hash & (walk->table_size - 1);

    while (walk->table[slot] != 0 &&
           (walk->states[walk->table[slot] - 1].hash != hash ||
            memcmp(&walk->states[walk->table[slot] - 1].state, state, sizeof *state) != 0)) {
        slot = (slot + 1) & (walk->table_size - 1);
    }
    return slot;
}

static void grow(struct walk *walk)
{
    walk->capacity = walk->capacity == 0 ? 4096 : walk->capacity * 4;
    walk->states = realloc(walk->states, walk->capacity * sizeof *walk->states);
    free(walk->table);
    walk->table_size = walk->capacity * 2;
    walk->table = calloc(walk->table_size, sizeof *walk->table);
    assert_true(walk->states != NULL && walk->table != NULL);
    for (size_t at = 0; at < walk->count; at++) {
        walk->table[find_slot(walk, &walk->states[at].state, walk->states[at].hash)] =
            (uint32_t)at + 1;
    }
}

static void visit(struct walk *walk, const struct state *state, const char *label)
{
    const uint32_t hash = hash_state(state);
    size_t slot;

    if (walk->count == walk->capacity) {
        grow(walk);
    }
    slot = find_slot(walk, state, hash);
    if (walk->table[slot] == 0) {
        walk->states[walk->count] = (struct visited){*state, hash, (uint32_t)walk->at, label};
        walk->table[slot] = (uint32_t)++walk->count;
    }
}

/* Once the secret is on disk, nothing depends on when things were made, nor on what is elsewhere.
 */
static void drop_irrelevant(struct state *state)
{
    struct world *world = &state->world;

    if (world->record == RECORD_ANSWERED && !world->bare) {
        world->window = world->under_way = world->later_within = state->run.window_open = false;
        world->later = world->content == HOLDS_LATER ? LIFE_ACTIVE : LIFE_NONE;
        world->later_twin = false;
    }
}

/* Whether what an end says is so. */
static bool is_true_end(const struct state *state, enum operation_step end)
{
    const struct run *run = &state->run;
    const uint8_t content = state->world.content;

    switch (end) {
    case OPERATION_DOUBT:
        return run->sends;
    case OPERATION_WAIT:
        return run->window_open && !run->sends;
    case OPERATION_TOO_MANY:
    case OPERATION_ORPHANS:
        return run->orphans > 0;
    case OPERATION_UNSEEN:
        return run->hidden;
    case OPERATION_UNREAD:
        return run->state == OPERATION_UNREADABLE;
    case OPERATION_INACTIVE:
        return state->world.made != LIFE_AS_MADE && run->made == SERVER_INACTIVE;
    case OPERATION_UNUSABLE:
        return run->unusable;
    case OPERATION_TAKEN:
        return content == HOLDS_LATER && run->taken;
    case OPERATION_OCCUPIED:
        return content == HOLDS_OTHER || content == HOLDS_LATER;
    default:
        return true;
    }
}

static void expand_run(struct walk *walk, const struct state *state, struct outcomes *outcomes)
{
    const enum operation_step step = decide(walk, state);

    if (step < OPERATION_DONE) {
        perform(walk, state, step, outcomes);
    }
    require(walk, state, is_true_end(state, step), "an end says what is not so");
    end_run(emit(outcomes, state, "(the run ends)"));
}

static void expand_rest(struct walk *walk, const struct state *state, struct outcomes *outcomes)
{
    if (state->world.bare) {
        emit_recoveries(walk, state, true, outcomes);
        check_recovery(walk, state, true);
    }
    if (state->world.record != RECORD_NONE) {
        emit_recoveries(walk, state, false, outcomes);
        emit_adoption(walk, state, outcomes);
        check_recovery(walk, state, false);
    }
}

static void expand(struct walk *walk)
{
    const struct state state = walk->states[walk->at].state;
    struct outcomes outcomes;

    outcomes.count = 0;
    if (state.run.active) {
        expand_run(walk, &state, &outcomes);
    } else {
        expand_rest(walk, &state, &outcomes);
    }
    /* What others do matters while there is something to be done. */
    if (outcomes.count > 0 && !state.run.searched && state.run.state != OPERATION_FINISHED) {
        emit_others(walk, &state, &outcomes);
    }
    for (size_t at = 0; at < outcomes.count; at++) {
        drop_irrelevant(&outcomes.list[at]);
        visit(walk, &outcomes.list[at], outcomes.labels[at]);
    }
}

static size_t all_states;

/* Returns the number of violations. */
static size_t walk_scenario(const struct scenario *scenario)
{
    struct walk walk = {.scenario = *scenario};
    const struct state first = begin(scenario);

    visit(&walk, &first, "");
    check_run(&walk);
    for (walk.at = 0; walk.at < walk.count && walk.violations < SHOWN_MOST; walk.at++) {
        expand(&walk);
    }
    printf("  %s: %zu states, %zu violations\n", scenario->name, walk.count, walk.violations);
    all_states += walk.count;
    free(walk.states);
    free(walk.table);
    return walk.violations;
}

static void walk_scenarios(const struct scenario *scenarios, size_t count, enum operation_kind kind)
{
    size_t violations = 0;

    for (size_t i = 0; i < count; i++) {
        struct scenario scenario = scenarios[i];

        scenario.kind = kind;
        violations += walk_scenario(&scenario);
    }
    assert_int_equal(violations, 0);
}

static void test_client_create(void **state)
{
    static const struct scenario scenarios[] = {
        {.name = "client create"},
        {.name = "client create --expires --replace", .expires = true, .occupied = true},
        {.name = "client create without a record", .expires = true, .unrecorded = true}};

    (void)state;
    walk_scenarios(scenarios, sizeof scenarios / sizeof scenarios[0], OPERATION_CLIENT);
}

static void test_credential_create(void **state)
{
    static const struct scenario scenarios[] = {
        {.name = "credential create"},
        {.name = "credential create --expires --replace", .expires = true, .occupied = true},
        {.name = "credential create without a record", .expires = true, .unrecorded = true}};

    (void)state;
    walk_scenarios(scenarios, sizeof scenarios / sizeof scenarios[0], OPERATION_CREDENTIAL);
}

static void test_credential_rotate(void **state)
{
    static const struct scenario scenarios[] = {
        {.name = "rotate"},
        {.name = "rotate, of the old one's life", .expires = true, .soft = true},
        {.name = "rotate --expires, signed elsewhere", .expires = true, .signing = true},
        {.name = "rotate --keep", .keeps = true},
        {.name = "rotate --keep, signed elsewhere", .keeps = true, .signing = true},
        {.name = "rotate --grace", .grace = true},
        {.name = "rotate --grace --expires, signed elsewhere",
         .grace = true,
         .expires = true,
         .signing = true}};

    (void)state;
    walk_scenarios(scenarios, sizeof scenarios / sizeof scenarios[0], OPERATION_ROTATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_create),
        cmocka_unit_test(test_credential_create),
        cmocka_unit_test(test_credential_rotate),
    };

    int result = cmocka_run_group_tests(tests, NULL, NULL);

    printf("%zu states of an operation\n", all_states);
    return result;
}
