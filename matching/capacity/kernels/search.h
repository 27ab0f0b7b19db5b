/* The search: routes and lots of one order, the plan while it is being made, and its moves. */
#ifndef SEARCH_H
#define SEARCH_H

#include "kernels.h"

typedef uint64_t Random; /* the state of splitmix64 */

static inline double uniform(Random *state) {
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (double)((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}
static inline i64 below(Random *state, i64 count) { return (i64)(uniform(state) * (double)count); }

/* Scratch of one thread. Entries of the loaded order are counted from 0, `e`; operations `k`,
 * parks `p`. workspace.py makes it. */
typedef struct {
    i64 *loaded;      /* order, entries, operations */
    i64 *first;       /* k + 1: first entry of each operation */
    i64 *entry;       /* e: position among the entries of all orders */
    i64 *offer, *park, *setup, *total, *min_lot, *early, *late; /* e */
    double *rate, *carbon, *quote;                              /* e; the bonus is in carbon */
    i64 *lot_minutes; /* e: minutes of the lot whose route is sought */
    double *lot_work; /* e: cost of the work of that lot */
    double *tail;     /* k: least cost of what follows the operation */
    i64 *parks;       /* k x p: the parks of each operation */
    i64 *park_count;  /* k */
    i64 *arrive, *leave; /* p */
    i64 *room;        /* e x weeks: minutes free */
    i64 *room_kept;   /* room before a lot */
    i64 *room_whole;  /* room before the first lot */
    double *price;    /* e x weeks: charge per minute on top of the entry's own */
    double *best;     /* e x weeks: cheapest way to end in this week */
    i64 *best_start;
    double *reach;    /* k x p x weeks: cheapest way to be ready at p by this week */
    double *done;     /* k x p x weeks: cheapest way to have finished k at p by this week */
    i64 *pick;        /* k x 3: entry, first week, last week of the best route */
    i64 *minutes;     /* k x block */
    i64 *lots, *lots_best;             /* lot x k x (2 + block): entry, first week, minutes */
    i64 *quantities, *quantities_best; /* lot */
    double *worth;    /* profit of lots_best; less its charge for scarce minutes */
} Workspace;

enum { LOADED_ORDER, LOADED_ENTRIES, LOADED_STEPS };

enum { PICK_ENTRY, PICK_START, PICK_END, PICK_WIDTH };
enum { SLOT_ENTRY, SLOT_START, SLOT_MINUTES };

/* The lots of every order and the minutes that are still free. Operation k of lot l of an order
 * has the slot steps[order] x lots_max + l x K + k. The slots of an offer form a list, doubly
 * linked. book.py makes it. */
typedef struct {
    i64 *free;       /* offers x weeks */
    i64 *lots;       /* orders: number of lots, 0 refused */
    i64 *quantities; /* orders x lots_max */
    i64 *slots;      /* slots x (2 + block); entries are counted over all orders */
    i32 *owner;      /* order of each slot */
    double *profit;  /* orders */
    i32 *head;       /* offers: first slot, -1 none */
    i32 *following, *previous;
    i64 *spent;      /* enterprises: minutes */
    i64 *allowed;    /* enterprises: most minutes; empty without such a limit */
    i64 *given_lots; /* orders: lots of the plan that is to be kept; empty without one */
    i64 *given_quantities, *given_slots; /* as above */
    double *given_profit;
} Book;

/* One plan as numbers alone: what is remembered of the best one. */
typedef struct {
    i64 *lots, *quantities, *slots;
    double *profit;
} Copy;

/* The orders that a move has touched, as they were before; places x ... */
typedef struct {
    i64 *noted;   /* how many; the most operations of an order */
    i64 *orders;  /* places */
    i64 *lots;    /* places */
    double *profit;
    i64 *quantities; /* places x lots_max */
    i64 *slots;      /* places x lots_max x k x (2 + block) */
} Journal;

i64 slot_width(const Columns *c);
i64 steps_of(const Columns *c, i64 order);

/* How many entries of an operation are looked at: the best of them, at most so many, or all. */
enum { CHOICES = 64, CHOICES_MOST = 128, ALL_CHOICES = INT32_MAX };
void load_order(const Columns *c, Workspace *w, i64 order, const i64 *free, const double *prices,
                double theta, i64 choices);
i64 lot_minutes(const Columns *c, const Workspace *w, i64 e, i64 quantity);
double cheapest_route(const Columns *c, Workspace *w, i64 quantity, double strain, i64 tardy_paid,
                      double cutoff);
bool route_fits(const Columns *c, Workspace *w, i64 quantity);
bool place_lot(const Columns *c, Workspace *w, i64 quantity, double strain, i64 tardy_paid,
               double cutoff);

/* How hard lots are tried: QUICK, then so many random splits, from THOROUGH on a grid too. */
enum { QUICK = 0, NORMAL = 1, THOROUGH = 20 };
static inline i64 choices_of(int effort) { return effort < THOROUGH ? CHOICES : ALL_CHOICES; }
i64 plan_order(const Columns *c, Workspace *w, int effort, double cutoff, Random *random);

void remove_order(const Columns *c, Book *b, i64 order);
double insert_order(const Columns *c, Workspace *w, Book *b, i64 order, const double *prices,
                    double theta, int effort, Random *random);
void note_order(const Columns *c, const Book *b, Journal *j, i64 order);
void undo(const Columns *c, Book *b, Journal *j);
void copy_order(const Columns *c, const Book *b, const Copy *to, i64 order);
bool enter_copied(const Columns *c, Book *b, const Copy *from, i64 order);

#endif
