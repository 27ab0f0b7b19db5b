/* Generalized assignment by ejection chains: every order at one of its choices of an offer.
 *
 * The energy of an assignment is what its choices lose at the prices, plus the price of every
 * minute left idle, plus a penalty for every minute beyond an offer's idle ones. A chain moves an
 * order to the place of another, which moves on, and so forth; it ends at the place of the first
 * order or at an offer that it has not touched. Its change of energy is exact, as it changes each
 * offer by one order in and one out; only chains are extended that still can gain.
 * Structures are those of assigning.py.
 *
 * References: M. Yagiura, T. Ibaraki and F. Glover (2004), An ejection chain approach for the
 * generalized assignment problem, INFORMS Journal on Computing 16(2); R. K. Ahuja, J. B. Orlin and
 * D. Sharma (2003), A composite very large-scale neighborhood structure for the capacitated minimum
 * spanning tree problem, Operations Research Letters 31(3).
 */
#include <math.h>
#include <string.h>

#include "search.h"

enum { LENGTH_MAX = 10, JOURNAL_MAX = 4096, WINDOW = 50, SEEDED_REFUSED = 20 };
#define EPS 1e-7
#define STEP 1.05           /* of the penalty, when too few or too many assignments fit */
#define FITTING_SHARE 0.2   /* of the assignments that are accepted */

/* The choices of each order, best first at the prices; the offer `offers` is to be refused. */
typedef struct {
    i64 orders, offers, choices;
    const i64 *offer;       /* orders x choices; -1 behind the last */
    const i64 *minutes;     /* orders x choices */
    const double *lost;     /* orders x choices: at the prices, against the best choice */
    const double *profit;   /* orders x choices */
    const double *price;    /* offers + 1, per minute */
    const double *penalty;  /* offers + 1, per minute beyond: before it is scaled */
    const i64 *first;       /* offers + 2: where the list of an offer begins */
    double patience;        /* the mean energy that an accepted change may cost */
} Choices;

/* One search. `free` falls below 0 where an offer has too much. */
typedef struct {
    i64 *chosen;    /* orders: which choice */
    i64 *best;      /* the same, of the best assignment that fits */
    i64 *free;      /* offers + 1: minutes */
    i64 *place;     /* orders: in the list of its offer */
    i64 *members;   /* the orders of each offer */
    i64 *held;      /* offers + 1: how many */
    i64 *counters;  /* see below */
    double *sums;   /* see below */
    i64 *label;     /* orders: the label of the chain that ends with it; -1 none */
    i64 *labels;    /* labels x LABEL_WIDTH */
    double *gains;  /* labels: change of energy so far, its last order placed nowhere */
    i64 *marks;     /* offers + 1: last stamp */
    i64 *seeds;     /* 2 x orders + SEEDED_REFUSED */
    i64 *journal;   /* JOURNAL_MAX x 2: order, choice before */
    Random *random;
} Assigned;

enum { BEYOND, STAMP, SETTLED, TRIED, FITTING, LABELS_MAX };
enum { ENERGY, PROFIT, BEST_PROFIT, SCALE };
enum { L_ORDER, L_BEFORE, L_START, L_DEPTH, L_CHOICE, LABEL_WIDTH };

typedef struct {
    const Choices *c;
    Assigned *a;
    i64 labels, seeds, journal;
} Hunt;

static i64 offer_at(const Choices *c, i64 order, i64 choice) {
    return c->offer[order * c->choices + choice];
}
static i64 offer_of(const Hunt *h, i64 order) {
    return offer_at(h->c, order, h->a->chosen[order]);
}
static i64 minutes_of(const Hunt *h, i64 order) {
    return h->c->minutes[order * h->c->choices + h->a->chosen[order]];
}
static double lost_of(const Hunt *h, i64 order) {
    return h->c->lost[order * h->c->choices + h->a->chosen[order]];
}

/* What it costs that an offer has so many minutes free. */
static inline double strain(const Hunt *h, i64 offer, i64 free) {
    return free >= 0 ? h->c->price[offer] * (double)free
                     : h->a->sums[SCALE] * h->c->penalty[offer] * (double)-free;
}

static double strain_now(const Hunt *h, i64 offer) { return strain(h, offer, h->a->free[offer]); }

static void count_energy(const Hunt *h) {
    double energy = 0;
    for (i64 order = 0; order < h->c->orders; order++) energy += lost_of(h, order);
    for (i64 offer = 0; offer < h->c->offers; offer++) energy += strain_now(h, offer);
    h->a->sums[ENERGY] = energy;
}

static void change_free(const Hunt *h, i64 offer, i64 minutes) {
    Assigned *a = h->a;
    a->counters[BEYOND] -= most(0, -a->free[offer]);
    a->sums[ENERGY] -= strain_now(h, offer);
    a->free[offer] += minutes;
    a->sums[ENERGY] += strain_now(h, offer);
    a->counters[BEYOND] += most(0, -a->free[offer]);
}

static void leave(const Hunt *h, i64 order) {
    Assigned *a = h->a;
    i64 offer = offer_of(h, order), *list = a->members + h->c->first[offer];
    i64 last = list[--a->held[offer]];
    list[a->place[order]] = last;
    a->place[last] = a->place[order];
    change_free(h, offer, minutes_of(h, order));
    a->sums[ENERGY] -= lost_of(h, order);
    a->sums[PROFIT] -= h->c->profit[order * h->c->choices + a->chosen[order]];
}

static void enter(const Hunt *h, i64 order, i64 choice) {
    Assigned *a = h->a;
    i64 offer = offer_at(h->c, order, choice);
    a->chosen[order] = choice;
    a->place[order] = a->held[offer]++;
    a->members[h->c->first[offer] + a->place[order]] = order;
    change_free(h, offer, -minutes_of(h, order));
    a->sums[ENERGY] += lost_of(h, order);
    a->sums[PROFIT] += h->c->profit[order * h->c->choices + choice];
}

static void move(Hunt *h, i64 order, i64 choice) {
    h->a->journal[2 * h->journal] = order;
    h->a->journal[2 * h->journal++ + 1] = h->a->chosen[order];
    leave(h, order);
    enter(h, order, choice);
}

static void keep_best(const Hunt *h) {
    Assigned *a = h->a;
    if (a->counters[BEYOND] > 0 || a->sums[PROFIT] <= a->sums[BEST_PROFIT] + EPS) return;
    memcpy(a->best, a->chosen, (size_t)h->c->orders * sizeof(i64));
    a->sums[BEST_PROFIT] = a->sums[PROFIT];
}

/* Let a chain end with an order, unless another one that gains as much does. */
static void add_label(Hunt *h, i64 order, const i64 *before, i64 start, i64 choice, double gain) {
    Assigned *a = h->a;
    i64 old = a->label[order];
    if (h->labels >= a->counters[LABELS_MAX]) return;
    if (old >= 0 && gain >= a->gains[old] - EPS) return;
    i64 *made = a->labels + h->labels * LABEL_WIDTH;
    made[L_ORDER] = order;
    made[L_BEFORE] = before ? (before - a->labels) / LABEL_WIDTH : -1;
    made[L_START] = start;
    made[L_DEPTH] = before ? before[L_DEPTH] + 1 : 1;
    made[L_CHOICE] = choice; /* with which the order before takes this one's place */
    a->gains[h->labels] = gain;
    a->label[order] = h->labels++;
}

typedef struct {
    i64 label, choice;
    double gain;
} End;

static void note_end(End *best, i64 label, i64 choice, double gain) {
    if (gain < best->gain) *best = (End){label, choice, gain};
}

/* Try all ways to end a chain, and all to extend it by one order. */
static void extend(Hunt *h, i64 at, End *best) {
    const Choices *c = h->c;
    Assigned *a = h->a;
    const i64 *label = a->labels + at * LABEL_WIDTH;
    i64 order = label[L_ORDER], start = label[L_START], home = offer_of(h, start);
    i64 stamp = ++a->counters[STAMP];
    for (i64 on = at; on >= 0; on = a->labels[on * LABEL_WIDTH + L_BEFORE])
        a->marks[offer_of(h, a->labels[on * LABEL_WIDTH + L_ORDER])] = stamp;
    i64 emptied = a->free[home] + minutes_of(h, start);
    double open = strain(h, home, emptied) - strain_now(h, home);
    for (i64 choice = 0; choice < c->choices; choice++) {
        i64 offer = offer_at(c, order, choice), minutes = c->minutes[order * c->choices + choice];
        double gain = a->gains[at] + c->lost[order * c->choices + choice];
        if (offer < 0 || (gain >= 0 && open >= 0)) return; /* the choices that follow lose more */
        if (offer == home && order != start)
            note_end(best, at, choice, gain + strain(h, home, emptied - minutes) -
                                           strain_now(h, home));
        if (a->marks[offer] == stamp) continue;
        i64 left = a->free[offer] - minutes;
        gain -= strain_now(h, offer);
        note_end(best, at, choice, gain + strain(h, offer, left) + open);
        if (label[L_DEPTH] == LENGTH_MAX || offer == c->offers) continue;
        const i64 *list = a->members + c->first[offer];
        for (i64 to = 0; to < a->held[offer]; to++) {
            i64 next = list[to];
            double after = gain + strain(h, offer, left + minutes_of(h, next)) - lost_of(h, next);
            if (after < -EPS) add_label(h, next, label, start, choice, after);
        }
    }
}

/* Find a chain from one of the seeds that lowers the energy, and move along it. */
static bool improve_once(Hunt *h) {
    Assigned *a = h->a;
    End best = {-1, -1, -EPS};
    h->labels = 0;
    for (i64 at = 0; at < h->seeds; at++)
        add_label(h, a->seeds[at], NULL, a->seeds[at], -1, -lost_of(h, a->seeds[at]));
    for (i64 at = 0; at < h->labels && best.label < 0; at++)
        if (a->label[a->labels[at * LABEL_WIDTH + L_ORDER]] == at) extend(h, at, &best);
    for (i64 at = 0; at < h->labels; at++) a->label[a->labels[at * LABEL_WIDTH + L_ORDER]] = -1;
    if (best.label < 0) return false;
    for (i64 on = best.label, choice = best.choice; on >= 0;) {
        const i64 *label = a->labels + on * LABEL_WIDTH;
        move(h, label[L_ORDER], choice);
        choice = label[L_CHOICE];
        on = label[L_BEFORE];
    }
    keep_best(h);
    return true;
}

static void seed_offer(Hunt *h, i64 offer) {
    Assigned *a = h->a;
    if (offer == h->c->offers || a->marks[offer] == a->counters[STAMP]) return;
    a->marks[offer] = a->counters[STAMP];
    memcpy(a->seeds + h->seeds, a->members + h->c->first[offer],
           (size_t)a->held[offer] * sizeof(i64));
    h->seeds += a->held[offer];
}

/* Chains begin at the orders of the offers that have changed, and at some that are refused. */
static void seed_changed(Hunt *h) {
    Assigned *a = h->a;
    i64 refused = a->held[h->c->offers];
    h->seeds = 0;
    a->counters[STAMP]++;
    for (i64 at = 0; at < h->journal; at++) {
        i64 order = a->journal[2 * at];
        seed_offer(h, offer_at(h->c, order, a->journal[2 * at + 1]));
        seed_offer(h, offer_of(h, order));
    }
    for (i64 at = 0; refused > 0 && at < least(refused, SEEDED_REFUSED); at++)
        a->seeds[h->seeds++] = a->members[h->c->first[h->c->offers] + below(a->random, refused)];
    for (i64 at = h->seeds - 1; at > 0; at--) {
        i64 other = below(a->random, at + 1), order = a->seeds[at];
        a->seeds[at] = a->seeds[other];
        a->seeds[other] = order;
    }
}

static void seed_all(Hunt *h) {
    h->seeds = h->c->orders;
    for (i64 order = 0; order < h->seeds; order++) h->a->seeds[order] = order;
}

/* Give a random order a choice that is more likely a good one. */
static bool kick(Hunt *h) {
    i64 order = below(h->a->random, h->c->orders), many = 0;
    while (many < h->c->choices && offer_at(h->c, order, many) >= 0) many++;
    double draw = uniform(h->a->random);
    i64 choice = (i64)(draw * draw * (double)many);
    if (choice == h->a->chosen[order]) return false;
    move(h, order, choice);
    return true;
}

/* Kick, descend along chains, and take it all back when the energy has risen too much. */
static void kick_once(Hunt *h) {
    Assigned *a = h->a;
    double before = a->sums[ENERGY];
    h->journal = 0;
    if (!kick(h)) return;
    do seed_changed(h);
    while (h->journal < JOURNAL_MAX - LENGTH_MAX && improve_once(h));
    keep_best(h);
    double allowed = -h->c->patience * log(1.0 - uniform(a->random));
    if (a->sums[ENERGY] <= before + allowed) return;
    while (h->journal > 0) {
        h->journal--;
        leave(h, a->journal[2 * h->journal]);
        enter(h, a->journal[2 * h->journal], a->journal[2 * h->journal + 1]);
    }
    a->sums[ENERGY] = before; /* without what was lost in rounding */
}

/* Scale the penalty so that a share of the assignments fits. */
static void adapt(Hunt *h) {
    Assigned *a = h->a;
    a->counters[TRIED]++;
    a->counters[FITTING] += a->counters[BEYOND] == 0;
    if (a->counters[TRIED] < WINDOW) return;
    bool few = (double)a->counters[FITTING] < FITTING_SHARE * WINDOW;
    a->sums[SCALE] *= few ? STEP : 1 / STEP;
    a->counters[TRIED] = a->counters[FITTING] = 0;
    count_energy(h);
}

EXPORT void assign_first(const Choices *c, Assigned *a);
EXPORT void assign(const Choices *c, Assigned *a, i64 moves);

/* Put every order where `chosen` says; the tables are empty. */
EXPORT void assign_first(const Choices *c, Assigned *a) {
    Hunt h = {c, a, 0, 0, 0};
    for (i64 order = 0; order < c->orders; order++) enter(&h, order, a->chosen[order]);
    count_energy(&h);
    keep_best(&h);
}

/* Make `moves` moves: descents until no chain from anywhere helps, then kicks. */
EXPORT void assign(const Choices *c, Assigned *a, i64 moves) {
    Hunt h = {c, a, 0, 0, 0};
    for (i64 at = 0; at < moves; at++) {
        h.journal = 0;
        if (a->counters[SETTLED]) {
            kick_once(&h);
            adapt(&h);
        } else {
            seed_all(&h);
            a->counters[SETTLED] = !improve_once(&h);
        }
    }
}
