#include "core/store/schema.h"

#include <array>

namespace talkbench::store {

namespace {

// `seq` is the order of arrival, which no step of the wall clock can change. A parent is not cascaded to: a chain of
// messages is longer than SQLite's limit on nested triggers, and the conversation takes them all with it anyway.
constexpr std::array<const char *, 7> version1 {
    "CREATE TABLE conversations ("
    " seq INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL UNIQUE,"
    " title TEXT NOT NULL,"
    " provider_id TEXT NOT NULL,"
    " model TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL,"
    " updated_ms INTEGER NOT NULL)",

    "CREATE TABLE messages ("
    " seq INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL UNIQUE,"
    " conversation_id TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,"
    " parent_id TEXT REFERENCES messages(id),"
    " role TEXT NOT NULL,"
    " body TEXT NOT NULL," // the message as JSON
    " provider_id TEXT NOT NULL,"
    " model TEXT NOT NULL,"
    " run_id TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL)",
    "CREATE INDEX messages_by_conversation ON messages(conversation_id)",
    "CREATE INDEX messages_by_parent ON messages(parent_id)",

    "CREATE TABLE runs ("
    " seq INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL UNIQUE,"
    " conversation_id TEXT NOT NULL,"
    " message_id TEXT NOT NULL,"
    " provider_id TEXT NOT NULL,"
    " model TEXT NOT NULL,"
    " started_ms INTEGER NOT NULL,"
    " ok INTEGER NOT NULL,"
    " error_kind TEXT," // NULL where there was none, as for every figure below that is unknown
    " ttft_ms REAL,"
    " response_ms REAL,"
    " input_tokens INTEGER,"
    " output_tokens INTEGER,"
    " cost_usd REAL,"
    " record BLOB NOT NULL)", // the RunRecord as JSON: text, or a blob where qCompress made it smaller
    "CREATE INDEX runs_by_start ON runs(started_ms)",
    "CREATE INDEX runs_by_conversation ON runs(conversation_id, started_ms)",
};

constexpr std::array<const char *, 1> version2 {
    "CREATE TABLE model_lists ("
    " provider_id TEXT NOT NULL PRIMARY KEY,"
    " fetched_ms INTEGER NOT NULL,"
    " models BLOB NOT NULL)", // an object as JSON, packed as a run's record is
};

// Of what was typed and not sent; "" is the conversation that has no message yet, so there is no reference.
constexpr std::array<const char *, 2> version3 {
    "ALTER TABLE conversations ADD COLUMN options TEXT NOT NULL DEFAULT '{}'", // the options as JSON, "system" beside them
    "CREATE TABLE drafts ("
    " conversation_id TEXT PRIMARY KEY,"
    " text TEXT NOT NULL)",
};

// Calls that have not ended; the owner is the process that makes them. A call of one that has died becomes a run.
constexpr std::array<const char *, 1> version4 {
    "CREATE TABLE begun_runs ("
    " id TEXT NOT NULL PRIMARY KEY,"
    " owner TEXT NOT NULL,"
    " record TEXT NOT NULL)", // the RunRecord as JSON, as it would be if the call ended now
};

// What each provider's calls cost is summed up before each call: in this order, and without the runs themselves.
constexpr std::array<const char *, 1> version5 {
    "CREATE INDEX runs_by_cost ON runs(provider_id, started_ms, cost_usd)",
};

// What of a run's cost another provider than the run's own got, for answers before and judges: a row for that one, and one that
// takes it off the run's own. Most runs have none.
constexpr std::array<const char *, 3> version6 {
    "CREATE TABLE paid_elsewhere ("
    " run_id TEXT NOT NULL,"
    " provider_id TEXT NOT NULL,"
    " conversation_id TEXT NOT NULL,"
    " started_ms INTEGER NOT NULL,"
    " cost_usd REAL NOT NULL,"
    " PRIMARY KEY (run_id, provider_id)) WITHOUT ROWID",
    "CREATE INDEX paid_elsewhere_by_cost ON paid_elsewhere(provider_id, started_ms, cost_usd)",
    "CREATE INDEX paid_elsewhere_by_conversation ON paid_elsewhere(conversation_id, provider_id, cost_usd)",
};

constexpr std::array<Migration, 6> steps {
    Migration { 1, version1 }, Migration { 2, version2 }, Migration { 3, version3 },
    Migration { 4, version4 }, Migration { 5, version5 }, Migration { 6, version6 },
};

} // namespace

std::span<const Migration> migrations()
{
    return steps;
}

} // namespace talkbench::store
