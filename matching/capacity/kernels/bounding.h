/* The bound of one order: its costs in whole numbers, and the memory that it is computed in.
 *
 * Everything counts parts of a fen. Offers, weeks and rules are those of kernels.h; entries,
 * operations and lots are counted from 0 within the order. relaxed.py makes the structures.
 */
#ifndef BOUNDING_H
#define BOUNDING_H

#include "kernels.h"

#define NEVER ((i64)1 << 62)
enum { LOTS = 3 };       /* lots with minutes of their own */
enum { MILESTONES = 6 }; /* sizes of lots for which entries are looked at beforehand */
enum { CELLS_MAX = 128 }; /* most intervals of lot sizes */
enum { STRAIN_ONE = 1024, STRAIN_MOST = 8 * STRAIN_ONE };

/* Columns of the tables; charges.py has the same numbers. */
enum { G_VALUE, G_TARDY, G_CAP, G_LEG_PRICE, G_LEG_CARBON, G_ORDER_WIDTH };
enum { G_RATE, G_CARBON, G_OFFER_WIDTH };

typedef struct {
    i64 scale, price_unit, leg_fixed;
    i64 bonus;         /* local first: per minute in the park nearest to the buyer, rounded up */
    const i64 *orders; /* orders x G_ORDER_WIDTH */
    const i64 *offers; /* offers x G_OFFER_WIDTH, per minute */
    const i64 *quotes; /* quotations: the whole quantity */
} Charges;

/* An eligible offer of an operation. What pricing a lot reads and writes comes first. */
typedef struct {
    i64 min_lot, setup;
    i64 per_minute;            /* strain included */
    i64 quoted;                /* 0 or 1 */
    i64 cheapest;              /* market price of the cheapest week with idle minutes, or NEVER */
    i64 minutes, work, floor;  /* of the lot that is priced: cost without prices; least of all, or
                                  NEVER where it cannot be made */
    i64 offer, park, total;
    i64 per_order;             /* for the whole quantity; strain included */
    i64 rate, carbon, quote;   /* as charged by the offer; the local bonus is off the carbon */
    i64 granted;               /* the bonus per minute beyond the carbon, where it is quoted */
    i64 early, late;           /* first and last week that the transport leaves */
    i64 lead, next;            /* first and next entry with the same offer; next is -1 at the end */
} Entry;
_Static_assert(sizeof(Entry) == 20 * sizeof(i64), "bounding.py makes room for so many numbers");

/* The entries of an operation in one park; and, while a lot is priced: whether it can be finished
 * there, the first week in which it can, its least cost; what is spent at least from there to the
 * buyer, without and with the operation itself. */
typedef struct {
    i64 park, first, end;
    i64 open, week, cheapest;
    i64 rest, ahead;
} Group;

/* An operation. */
typedef struct {
    i64 first, end;             /* entries */
    i64 first_group, end_group;
    i64 total;                  /* minutes of the whole quantity where nothing is quoted */
    i64 total_least;            /* the least of all entries, as are the next two */
    i64 per_minute, per_order;
    i64 per_minute_most;
    i64 share;                  /* the least that the whole quantity costs without setups */
    i64 quoted;                 /* whether an entry charges for the whole quantity */
    i64 need;                   /* minutes that it needs with all operations within its offers */
} Row;

/* How an operation is made: an entry and its block of weeks. */
typedef struct {
    i64 entry, start, end;
} Visit;

/* The cheapest combination with a given first lot: its cost, and the cells of the other lots. */
typedef struct {
    i64 cost, two, three;
} Best;

/* Minutes that a lot uses of an entry in a week. */
typedef struct {
    i64 lot, entry, week, minutes;
} Use;

enum { NOTHING, MINUTES, PIECES, OFFER, WEEKS }; /* what the cases of a node are about */

/* What one operation of a lot used in a step of the multipliers: an offer, its first and last week;
 * and the pieces of the lot. */
typedef struct {
    i64 entry, first, last, fewest, largest;
} Sample;
enum { SAMPLES = 32 };

/* A node of the branching: where it comes from, and what its own cases are about. */
typedef struct {
    i64 parent, which, cost, open, kind, lot, entry, week, low, high;
    i64 duals;                 /* the multipliers that its cost was found with */
    i64 priced;                /* the multipliers that its table of costs is of, -1 none */
    i64 improved;              /* whether better multipliers have been looked for */
    i64 mixed;                 /* whether its kind was chosen by choose_mixed */
} Node;

/* Multipliers: a strain, and some own prices. The first are none at all. */
typedef struct {
    i64 strain, first, end;
} Duals;
enum { NO_DUALS, PRICE_ALONE = -1 }; /* PRICE_ALONE: nothing counts but what the buyer pays */

/* An own price: a cell of the leading entry, and parts per minute. */
typedef struct {
    i64 place, parts;
} Own;

/* Memory for bounding one order. Lots `l`, entries `e`, operations `k`, parks `p`. */
typedef struct {
    i64 nodes_most, cells_most, levels_most, owns_most;
    Entry *entries;    /* e */
    Group *groups;     /* e */
    i64 *sorted;       /* e: groups of an operation, the cheapest first */
    Row *rows;         /* k */
    i64 *within;       /* k x k: whether the offers of an operation are all among another's */
    i64 *lead_of;      /* offers: the entry of the order that came last, -1 none */
    i64 *room;         /* (1 + l) x e x weeks: as there is; as the cases of a node leave */
    i64 *market;       /* e x weeks: price of the market */
    i64 *price;        /* e x weeks: price of the market and of the order itself */
    i64 *least_rate;   /* milestones x e: charge for a minute of lots of such a size, or NEVER */
    i64 *own;          /* e x weeks: price of the order itself, at the leading entry */
    i64 *nothing;      /* e x weeks: zeros */
    i64 *total_use;    /* e x weeks: minutes of all lots, at the leading entry; else 0 */
    i64 *touched;      /* e x weeks: cells of `own` that are or were above 0 */
    i32 *listed;       /* e x weeks: whether a cell is among them */
    i64 *limited;      /* l x e x weeks: cells of `room` that the node has changed */
    i64 *taken;        /* l x e x weeks: minutes that the node's lots take at least; else 0 */
    i64 *taken_at;     /* nodes: cells of `taken` that are above 0 */
    i64 *ready;        /* k x p x weeks: least cost to be ready at a park by a week */
    i64 *ready_from;   /* k x p x weeks: park x weeks + week where the operation before ended */
    i64 *done;         /* k x p x weeks: least cost to have finished at a park by a week */
    Visit *done_by;    /* k x p x weeks */
    i64 *block;        /* 2 x block: prices and minutes of a block, the cheapest first */
    i64 *cells;        /* l x cells x 2: least and most pieces */
    i64 *cost;         /* nodes x l x levels x cells: least cost of a lot, or a bound on it */
    i32 *exact;        /* nodes x l x cells: whether `cost` is exact */
    i64 *spans;        /* nodes x l x 2: least and most pieces of a lot */
    Best *best;        /* levels x cells */
    i64 *idle;         /* levels: whether being later is of no use */
    i64 *spare;        /* SPARE x 2: pieces, and their least cost */
    Visit *picks;      /* l x k: the last combination */
    Use *uses;         /* l x k x block: the last combination */
    Use *uses_best;    /* the cheapest combination of all */
    Sample *samples;   /* SAMPLES x l x k: the last combinations of a node */
    Node *nodes;
    Duals *duals;      /* nodes + 1 */
    Own *owns;         /* owns_most: of all duals */
} Relaxed;

enum { SPARE = 256 };

/* The trees that bounded an order, for each number of lots; those above LOTS are one more. */
enum { PROOF_PLAIN, PROOF_NODES, PROOF_DUALS, PROOF_WIDTH };
typedef struct {
    i64 *numbers; /* (l + 1) x PROOF_WIDTH: cost without multipliers, nodes, duals */
    Node *nodes;  /* l x nodes */
    Duals *duals; /* l x (nodes + 1) */
    Own *owns;    /* l x owns_most: own prices by entry x weeks + week */
} Proof;

/* Lots of an interval from `fewest` pieces on that ends at `largest` or before cannot be made within
 * so many of the lowest levels of tardiness: not below the cut. */
typedef struct {
    i64 levels, fewest, largest;
} Hopeless;

/* What one order is bounded with. */
typedef struct {
    const Columns *c;
    const Charges *g;
    Relaxed *r;
    i64 order, entries, steps, weeks, whole, levels;
    i64 lots;
    i64 leg_fixed, leg_km;      /* a leg, and a km for the whole quantity; strain included */
    i64 per_km;                 /* a km for the lot that is priced, rounded down */
    i64 tardy;                  /* a week late */
    i64 strain;
    i64 loaded;                 /* the multipliers that are in force, -1 others */
    i64 duals;                  /* number of multipliers that are kept */
    i64 touched;                /* number of cells in `touched` */
    i64 worth;                  /* own prices x idle minutes + strain x cap + granted */
    i64 granted;                /* what the bonus on quotations takes off at most */
    i64 cut;                    /* costs from here on are as good as NEVER */
    i64 min_lot_most;           /* of all entries */
    i64 known;                  /* milestones whose rates are known, a bit each */
    bool lifted;                /* whether the minutes of a week are unlimited */
    i64 slack;                  /* what the last lot cost beyond its floor, and a little more */
    Hopeless hopeless[LOTS];    /* of each lot, under the cases and the multipliers in force */
    const i64 *room[LOTS];      /* the minutes that each lot finds */
    bool copied[LOTS];          /* whether the lot's own table of minutes is in use */
    i64 limited[LOTS];          /* number of cells in `limited` */
    i64 taken;                  /* number of cells in `taken_at` */
    bool changed[LOTS];         /* whether the last case took minutes from the lot */
    i64 counts[LOTS];           /* number of cells */
    i64 made[1 + LOTS];         /* tardiness, and cell of each lot: the last combination */
    i64 uses, uses_best;        /* number of them */
    i64 samples;                /* number of combinations that were sampled */
    Proof *proof;               /* where to write the trees to; may be NULL */
    i64 plain;                  /* cost of the root without multipliers */
    i64 nodes;                  /* number of nodes made */
    i64 threshold;              /* costs from here on change nothing */
} Task;

static inline i64 *cell_of(const Task *t, i64 lot, i64 cell) {
    return t->r->cells + (lot * CELLS_MAX + cell) * 2;
}
static inline i64 *costs_of(const Task *t, i64 node, i64 lot, i64 level) {
    const Relaxed *r = t->r;
    return r->cost + ((node * LOTS + lot) * r->levels_most + level) * r->cells_most;
}
static inline i32 *exact_of(const Task *t, i64 node, i64 lot) {
    return t->r->exact + (node * LOTS + lot) * t->r->cells_most;
}
static inline i64 *span_of(const Task *t, i64 node, i64 lot) {
    return t->r->spans + (node * LOTS + lot) * 2;
}
/* Minutes of an entry for some pieces, setup included. */
static inline i64 minutes_of(const Task *t, const Entry *one, i64 pieces) {
    return one->setup + (one->total * pieces + t->whole - 1) / t->whole;
}
static inline i64 leg_cost(const Task *t, i64 km, i64 pieces) {
    return t->leg_fixed + t->leg_km * km * pieces / t->whole;
}

/* task.c */
void load_task(Task *t, i64 order, const i64 *prices);
void unload_task(Task *t);
void start_lots(Task *t, i64 lots);
void set_strain(Task *t, i64 strain);
void set_price_alone(Task *t);
void update_worth(Task *t);

/* relaxation.c */
void price_cell(Task *t, i64 node, i64 lot, i64 cell);
void price_cells(Task *t, i64 node, i64 lot, i64 first, i64 end);
void trace_cell(Task *t, i64 node, i64 lot);

/* combining.c */
void make_cells(Task *t, i64 node, i64 lot);
void bound_cells(Task *t, i64 node, i64 lot);
void forget_spare(Task *t);
i64 combine(Task *t, i64 node);
i64 spare_pieces(const Task *t);

/* multipliers.c */
void trace_uses(Task *t, i64 node);
void forget_uses(Task *t);
bool raise_strain(Task *t, i64 budget);
bool raise_own(Task *t, i64 budget);
i64 price_paid(const Task *t);
void forget_own(Task *t);
bool keep_duals(Task *t);
void load_duals(Task *t, i64 duals);

/* cases.c */
void apply_cases(Task *t, i64 node);
void end_limits(Task *t);
void lift_limits(Task *t);
bool is_impossible(const Task *t);
i64 cases_of(const Node *node);
void sample_uses(Task *t);
void choose_mixed(const Task *t, Node *node);
bool choose_other(Task *t, Node *node);
void choose_cases(Task *t, Node *node);

#endif
