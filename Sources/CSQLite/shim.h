#include <sqlite3.h>

// Swift cannot call what takes a variable number of arguments.
static inline int chatark_sqlite_switch(sqlite3 *database, int setting, int value) {
    return sqlite3_db_config(database, setting, value, (int *)0);
}
