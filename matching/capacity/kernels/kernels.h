/* What the kernels share: the columns of the problem, and the order that is being worked on.
 *
 * Structures have the fields of the named tuples of the same names in Python, in the same order;
 * `library.py` hands them over. All tables are dense and row by row. Money is in fen.
 */
#ifndef KERNELS_H
#define KERNELS_H

#include <stdbool.h>
#include <stdint.h>

typedef int64_t i64;
typedef int32_t i32;

#define INF __builtin_inf()
#define EXPORT __attribute__((visibility("default")))

/* Columns of the tables; columns.py has the same numbers. */
enum { PARK, SETUP, MIN_LOT, ENTERPRISE, OFFER_WIDTH };
enum { RATE, CARBON, RATE_WIDTH };
enum { QUANTITY, RELEASE, DUE, LATEST, MAX_LOTS, NEAREST, MUST, ORDER_WIDTH };
enum { VALUE, TARDY_COST, PRICE_CAP, LEG_PRICE, LEG_CARBON, KEEP, MONEY_WIDTH };
enum { QUOTED_SETUP, QUOTED_TOTAL, QUOTED_WIDTH };
enum { KM, LAG, WAY_WIDTH };

typedef struct {
    i64 weeks, block, lots_max, parks;
    double leg_fixed, bonus;
    const i64 *idle;         /* offers x weeks */
    const i64 *offers;       /* offers x OFFER_WIDTH */
    const double *rates;     /* offers x RATE_WIDTH, per minute */
    const i64 *orders;       /* orders x ORDER_WIDTH */
    const double *money;     /* orders x MONEY_WIDTH */
    const i64 *steps;        /* first row of each order, and the end */
    const i64 *rows;         /* first entry of each row, and the end */
    const i64 *work;         /* rows: minutes of the whole quantity, without setup */
    const i32 *entries;      /* offers */
    const i32 *quotes;       /* entries: position in quoted, -1 none; NULL without quotations */
    const i64 *quoted;       /* quotations x QUOTED_WIDTH */
    const double *quoted_fen;
    const i64 *between;      /* parks x parks x WAY_WIDTH */
    const i64 *to_buyer;     /* orders x parks x WAY_WIDTH */
} Columns;

static inline i64 order_number(const Columns *c, i64 order, int column) {
    return c->orders[order * ORDER_WIDTH + column];
}
static inline double order_money(const Columns *c, i64 order, int column) {
    return c->money[order * MONEY_WIDTH + column];
}
static inline i64 offer_number(const Columns *c, i64 offer, int column) {
    return c->offers[offer * OFFER_WIDTH + column];
}
static inline i64 between_parks(const Columns *c, i64 from, i64 to, int column) {
    return c->between[(from * c->parks + to) * WAY_WIDTH + column];
}
static inline i64 way_to_buyer(const Columns *c, i64 order, i64 park, int column) {
    return c->to_buyer[(order * c->parks + park) * WAY_WIDTH + column];
}
static inline i64 quote_of(const Columns *c, i64 entry) {
    return c->quotes ? c->quotes[entry] : -1;
}
/* Setup minutes of an entry of a row, and its minutes for the whole quantity. */
static inline i64 entry_setup(const Columns *c, i64 entry) {
    i64 quote = quote_of(c, entry);
    return quote < 0 ? offer_number(c, c->entries[entry], SETUP)
                     : c->quoted[quote * QUOTED_WIDTH + QUOTED_SETUP];
}
static inline i64 entry_total(const Columns *c, i64 row, i64 entry) {
    i64 quote = quote_of(c, entry);
    return quote < 0 ? c->work[row] : c->quoted[quote * QUOTED_WIDTH + QUOTED_TOTAL];
}
static inline i64 least(i64 a, i64 b) { return a < b ? a : b; }
static inline i64 most(i64 a, i64 b) { return a > b ? a : b; }

#endif
