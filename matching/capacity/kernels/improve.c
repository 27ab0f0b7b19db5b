/* Large neighbourhood search: make room for a wanted order, refill, accept by annealing. */
#include <math.h>
#include <string.h>

#include "search.h"

enum { EVICTED_MAX = 5, REFILLED_MAX = 8, QUEUE_MAX = 64, FREED_MAX = 64 };

/* What the search remembers between moves. chains.py makes it. */
typedef struct {
    double *totals;   /* current profit, best profit */
    const i64 *wanted; /* orders that can be worth it */
    i64 wanted_count;
    const i64 *is_wanted;   /* orders: 1 or 0 */
    const i64 *users_first; /* offers + 1: where the users of each offer begin */
    const i32 *users;       /* orders that an offer can work for */
    i64 *dirty;       /* orders + 1: how many differ from the best plan, and which */
    i64 *is_dirty;    /* orders: 1 or 0 */
    Random *random;
} Search;

typedef struct {
    i64 count, orders[QUEUE_MAX];
} Queue;

typedef struct {
    i64 count, offers[FREED_MAX];
} Freed;

static void add(Queue *queue, i64 order) {
    for (i64 at = 0; at < queue->count; at++)
        if (queue->orders[at] == order) return;
    if (queue->count < QUEUE_MAX) queue->orders[queue->count++] = order;
}

static void shuffle(Queue *queue, i64 count, Random *random) {
    for (i64 at = count - 1; at > 0; at--) {
        i64 other = below(random, at + 1), order = queue->orders[at];
        queue->orders[at] = queue->orders[other];
        queue->orders[other] = order;
    }
}

/* Queue the orders that use an offer in weeks start..end, but for one order. */
static void add_holders(const Columns *c, const Book *b, i64 offer, i64 start, i64 end, i64 order,
                        Queue *queue) {
    for (i64 slot = b->head[offer]; slot >= 0; slot = b->following[slot]) {
        i64 at = b->slots[slot * slot_width(c) + SLOT_START];
        if (b->owner[slot] != order && at <= end && at + c->block > start)
            add(queue, b->owner[slot]);
    }
}

/* Queue the orders that hold what a slot of an order wants on an offer. */
static void add_in_the_way(const Columns *c, const Book *b, i64 order, i64 offer, const i64 *slot,
                           Queue *queue) {
    for (i64 at = 0; at < c->block; at++) {
        i64 week = slot[SLOT_START] + at;
        if (slot[SLOT_MINUTES + at] > 0 &&
            b->free[offer * c->weeks + week] < slot[SLOT_MINUTES + at])
            add_holders(c, b, offer, week, week, order, queue);
    }
}

/* Queue the orders that hold what the best lots of the workspace want; or, when there are none,
 * what the plan given for the order wants. */
static void add_competitors(const Columns *c, const Workspace *w, const Book *b, i64 lots,
                            Queue *queue) {
    i64 order = w->loaded[LOADED_ORDER], steps = w->loaded[LOADED_STEPS], width = slot_width(c);
    for (i64 one = 0; one < lots * steps; one++) {
        const i64 *slot = w->lots_best + one * width;
        add_in_the_way(c, b, order, w->offer[slot[SLOT_ENTRY]], slot, queue);
    }
    if (lots > 0 || !b->given_lots) return;
    const i64 *given = b->given_slots + c->steps[order] * c->lots_max * width;
    for (i64 one = 0; one < b->given_lots[order] * steps; one++) {
        const i64 *slot = given + one * width;
        add_in_the_way(c, b, order, c->entries[slot[SLOT_ENTRY]], slot, queue);
    }
}

/* Queue the orders on some offer that could make a random operation of an order. */
static void add_neighbours(const Columns *c, const Book *b, i64 order, Random *random,
                           Queue *queue) {
    i64 row = c->steps[order] + below(random, steps_of(c, order));
    i64 entry = c->rows[row] + below(random, c->rows[row + 1] - c->rows[row]);
    i64 from = order_number(c, order, RELEASE);
    i64 until = least(c->weeks, order_number(c, order, LATEST) + 1);
    i64 start = from + below(random, most(1, until - from));
    add_holders(c, b, c->entries[entry], start, start + c->block, order, queue);
}

static double remove_noted(const Columns *c, Book *b, Journal *j, i64 order, Freed *freed) {
    if (b->lots[order] == 0) return 0.0;
    note_order(c, b, j, order);
    i64 base = c->steps[order] * c->lots_max;
    for (i64 at = 0; at < b->lots[order] * steps_of(c, order) && freed->count < FREED_MAX; at++)
        freed->offers[freed->count++] =
            c->entries[b->slots[(base + at) * slot_width(c) + SLOT_ENTRY]];
    double profit = b->profit[order];
    remove_order(c, b, order);
    return profit;
}

typedef struct {
    const Columns *c;
    Workspace *w;
    Book *b;
    Journal *j;
    const Search *s;
    const double *prices;
} Move;

static double insert_noted(const Move *m, i64 order, double theta) {
    if (m->b->lots[order] > 0) return 0.0;
    note_order(m->c, m->b, m->j, order);
    return insert_order(m->c, m->w, m->b, order, m->prices, theta, NORMAL, m->s->random);
}

static i64 choose_order(const Search *s, const Book *b) {
    i64 order = s->wanted[below(s->random, s->wanted_count)];
    for (int tries = 0; tries < 3 && b->lots[order] > 0 && uniform(s->random) < 0.75; tries++)
        order = s->wanted[below(s->random, s->wanted_count)];
    return order;
}

/* Queue refused orders that could use what has become free. */
static void add_refused(const Move *m, const Freed *freed, Queue *queue) {
    const Search *s = m->s;
    for (int at = 0; at < REFILLED_MAX && freed->count > 0; at++) {
        i64 offer = freed->offers[below(s->random, freed->count)];
        i64 first = s->users_first[offer], count = s->users_first[offer + 1] - first;
        if (count == 0) continue;
        i64 order = s->users[first + below(s->random, count)];
        if (m->b->lots[order] == 0 && s->is_wanted[order]) add(queue, order);
    }
}

/* Change the plan around one order; return the change of profit. */
static double move_once(const Move *m) {
    const Columns *c = m->c;
    Random *random = m->s->random;
    Queue queue = {0};
    Freed freed = {0};
    i64 order = choose_order(m->s, m->b);
    double theta = 1.6 * uniform(random);
    double change = -remove_noted(c, m->b, m->j, order, &freed);
    load_order(c, m->w, order, c->idle, m->prices, theta, CHOICES);
    i64 lots = plan_order(c, m->w, NORMAL, INF, random);
    add_competitors(c, m->w, m->b, lots, &queue);
    if (queue.count < 2 || uniform(random) < 0.3)
        add_neighbours(c, m->b, order, random, &queue);
    shuffle(&queue, queue.count, random);
    queue.count = least(queue.count, 1 + below(random, EVICTED_MAX));
    for (i64 at = 0; at < queue.count; at++)
        change -= remove_noted(c, m->b, m->j, queue.orders[at], &freed);
    if (uniform(random) < 0.8)
        change += insert_noted(m, order, theta);
    else
        add(&queue, order);
    i64 evicted = queue.count;
    add_refused(m, &freed, &queue);
    shuffle(&queue, uniform(random) < 0.5 ? queue.count : evicted, random);
    for (i64 at = 0; at < queue.count; at++)
        change += insert_noted(m, queue.orders[at], 1.6 * uniform(random));
    return change;
}

/* Copy the orders that differ to the best plan. */
static void keep_best(const Columns *c, const Book *b, const Copy *best, Search *s) {
    for (i64 at = 1; at <= s->dirty[0]; at++) {
        copy_order(c, b, best, s->dirty[at]);
        s->is_dirty[s->dirty[at]] = 0;
    }
    s->dirty[0] = 0;
    s->totals[1] = s->totals[0];
}

static void mark_dirty(const Journal *j, Search *s) {
    for (i64 at = 0; at < j->noted[0]; at++) {
        i64 order = j->orders[at];
        if (s->is_dirty[order]) continue;
        s->is_dirty[order] = 1;
        s->dirty[++s->dirty[0]] = order;
    }
}

EXPORT void improve(const Columns *c, Workspace *w, Book *b, const Copy *best, Journal *j,
                    Search *s, const double *prices, i64 moves, double warm, double cold);

/* Make `moves` moves while the temperature falls from `warm` to `cold` fen. */
EXPORT void improve(const Columns *c, Workspace *w, Book *b, const Copy *best, Journal *j,
                    Search *s, const double *prices, i64 moves, double warm, double cold) {
    Move m = {c, w, b, j, s, prices};
    for (i64 move = 0; move < moves; move++) {
        double temperature = warm * pow(cold / warm, (double)move / (double)moves);
        bool ahead = s->totals[0] > s->totals[1] + 1e-6;
        double change = move_once(&m);
        bool worse = change < -1e-6;
        bool kept = !worse || uniform(s->random) < exp(change / temperature);
        if (!kept || (worse && ahead)) undo(c, b, j);
        if (kept && worse && ahead) keep_best(c, b, best, s); /* before the plan is left */
        else if (kept) {
            mark_dirty(j, s);
            s->totals[0] += change;
        }
        j->noted[0] = 0;
    }
    if (s->totals[0] > s->totals[1] + 1e-6) keep_best(c, b, best, s);
}
