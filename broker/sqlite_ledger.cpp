// sqlite_ledger.cpp - some statements.  Next: bookkeeping.cpp
#include "broker/sqlite_ledger.hpp"

#include <sqlite3.h>

#include "wire/fault.hpp"

namespace peacepie::broker {

namespace {

constexpr int version = 2;

void bind(sqlite3_stmt& statement, int at, const std::string& text) {
    sqlite3_bind_text(&statement, at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}
void bind_bytes(sqlite3_stmt& statement, int at, const std::string& bytes) {
    sqlite3_bind_blob(&statement, at, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
}
void bind(sqlite3_stmt& statement, int at, std::uint64_t number) { sqlite3_bind_int64(&statement, at, static_cast<sqlite3_int64>(number)); }

std::string bytes_at(sqlite3_stmt& statement, int column) {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(&statement, column));
    return bytes != nullptr ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(&statement, column))) : std::string();
}
std::uint64_t number_at(sqlite3_stmt& statement, int column) { return static_cast<std::uint64_t>(sqlite3_column_int64(&statement, column)); }

}  // namespace

void SqliteLedger::Close::operator()(sqlite3* database) const noexcept { sqlite3_close(database); }
void SqliteLedger::Close::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

SqliteLedger::SqliteLedger(const std::filesystem::path& file, bool forget) {
    sqlite3* opened = nullptr;
    const int status = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    database_.reset(opened);
    if (status != SQLITE_OK) fail(status);
    run("PRAGMA locking_mode = EXCLUSIVE");
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = NORMAL");
    run("BEGIN EXCLUSIVE");  // here it shows whether another process has it
    const auto found = prepare("PRAGMA user_version");
    step(*found);
    const int written_by = sqlite3_column_int(found.get(), 0);
    if (written_by > version) throw Error(Fault::unavailable, "it was written by a later version of peacepie");
    sqlite3_reset(found.get());
    if (written_by == 1) run("DROP TABLE actors");  // never part of a release
    run("CREATE TABLE IF NOT EXISTS actors (name TEXT PRIMARY KEY, node TEXT NOT NULL, epoch INTEGER NOT NULL,"
        " born INTEGER NOT NULL, class_desc BLOB NOT NULL, declared BLOB NOT NULL) WITHOUT ROWID");
    run("CREATE TABLE IF NOT EXISTS states (name TEXT PRIMARY KEY, version TEXT NOT NULL, state BLOB NOT NULL, deliveries BLOB NOT NULL)");
    if (forget) clear();
    run("PRAGMA user_version = 2");
    run("COMMIT");
    put_ = prepare("INSERT OR REPLACE INTO actors VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    erase_ = prepare("DELETE FROM actors WHERE name = ?1");
    put_state_ = prepare("INSERT OR REPLACE INTO states VALUES (?1, ?2, ?3, ?4)");
    erase_state_ = prepare("DELETE FROM states WHERE name = ?1");
    find_state_ = prepare("SELECT version, state, deliveries FROM states WHERE name = ?1");
}

SqliteLedger::~SqliteLedger() = default;

void SqliteLedger::write(std::span<const Change> changes, std::span<const StateChange> states) {
    run("BEGIN");
    try {
        for (const auto& change : changes) put(change);
        for (const auto& change : states) put(change);
        run("COMMIT");
    } catch (const Error&) {
        sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
        throw;
    }
}

void SqliteLedger::put(const Change& change) {
    sqlite3_stmt& statement = change.row ? *put_ : *erase_;
    bind(statement, 1, change.name);
    if (change.row) {
        bind(statement, 2, change.row->node);
        bind(statement, 3, change.row->epoch);
        bind(statement, 4, change.row->born);
        bind_bytes(statement, 5, change.row->class_desc);
        bind_bytes(statement, 6, change.row->declared);
    }
    step(statement);
    sqlite3_reset(&statement);
}

void SqliteLedger::put(const StateChange& change) {
    sqlite3_stmt& statement = change.kept ? *put_state_ : *erase_state_;
    bind(statement, 1, change.name);
    if (change.kept) {
        bind(statement, 2, change.kept->version);
        bind_bytes(statement, 3, change.kept->state);
        bind_bytes(statement, 4, change.kept->deliveries);
    }
    step(statement);
    sqlite3_reset(&statement);
}

std::optional<Ledger::Kept> SqliteLedger::state_of(const std::string& name) {
    sqlite3_stmt& statement = *find_state_;
    bind(statement, 1, name);
    const int status = sqlite3_step(&statement);
    std::optional<Kept> kept;
    if (status == SQLITE_ROW) kept = {bytes_at(statement, 0), bytes_at(statement, 1), bytes_at(statement, 2)};
    sqlite3_reset(&statement);
    if (status != SQLITE_ROW && status != SQLITE_DONE) fail(status);
    return kept;
}

void SqliteLedger::read(const std::function<void(std::string name, Row row)>& each) {
    const auto all = prepare("SELECT name, node, epoch, born, class_desc, declared FROM actors");
    for (int status = sqlite3_step(all.get()); status != SQLITE_DONE; status = sqlite3_step(all.get())) {
        if (status != SQLITE_ROW) fail(status);
        each(bytes_at(*all, 0), {bytes_at(*all, 1), number_at(*all, 2), number_at(*all, 3), bytes_at(*all, 4), bytes_at(*all, 5)});
    }
}

void SqliteLedger::run(const char* sql) {
    if (const int status = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr); status != SQLITE_OK) fail(status);
}

SqliteLedger::Statement SqliteLedger::prepare(const char* sql) {
    sqlite3_stmt* made = nullptr;
    if (const int status = sqlite3_prepare_v2(database_.get(), sql, -1, &made, nullptr); status != SQLITE_OK) fail(status);
    return Statement(made);
}

void SqliteLedger::step(sqlite3_stmt& statement) {
    const int status = sqlite3_step(&statement);
    if (status == SQLITE_DONE || status == SQLITE_ROW) return;
    sqlite3_reset(&statement);
    fail(status);
}

void SqliteLedger::fail(int status) const {
    const std::string text = database_ ? sqlite3_errmsg(database_.get()) : sqlite3_errstr(status);
    const int kind = status & 0xff;
    if (kind == SQLITE_BUSY || kind == SQLITE_LOCKED) throw Error(Fault::conflict, "another broker uses it");
    throw Error(kind == SQLITE_FULL ? Fault::no_space : Fault::unavailable, text);
}

}  // namespace peacepie::broker
