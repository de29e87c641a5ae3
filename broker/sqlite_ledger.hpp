// sqlite_ledger.hpp - the ledger in a file: registry.db in the state directory.
//
// One per broker process, made by main; the broker's thread.  The file is locked while it is open: one broker, one file.
// Written ahead (WAL) and not synced at each change: a killed broker loses nothing, a machine that loses power at most the
// last moments, and never the file's order.  Source: https://www.sqlite.org/wal.html, section 2.2.
// Next: bookkeeping.hpp.
#pragma once

#include <filesystem>
#include <memory>

#include "broker/ledger.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace peacepie::broker {

class SqliteLedger final : public Ledger {
public:
    /// Opens the file or makes it.  With `forget` the names in it are dropped, not the states.  Throws Error: conflict when another process has
    /// it, unavailable when it is damaged, of a later version, or cannot be written.
    explicit SqliteLedger(const std::filesystem::path& file, bool forget);
    ~SqliteLedger() override;

    void write(std::span<const Change> changes, std::span<const StateChange> states) override;
    void clear() override { run("DELETE FROM actors"); }
    void read(const std::function<void(std::string name, Row row)>& each) override;
    [[nodiscard]] std::optional<Kept> state_of(const std::string& name) override;

private:
    struct Close {
        void operator()(sqlite3* database) const noexcept;
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    using Statement = std::unique_ptr<sqlite3_stmt, Close>;

    void run(const char* sql);
    [[nodiscard]] Statement prepare(const char* sql);
    void step(sqlite3_stmt& statement);
    void put(const Change& change);
    void put(const StateChange& change);
    [[noreturn]] void fail(int status) const;

    std::unique_ptr<sqlite3, Close> database_;
    Statement put_, erase_, put_state_, erase_state_, find_state_;
};

}  // namespace peacepie::broker
