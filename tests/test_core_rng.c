/* test_core_rng.c: the generator, streams split by name, and distributions, by moments and by
   Pearson's chi-square with fixed seeds. */
#include "core/rng.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* chi-square of counts against probabilities, as standard deviations above its mean (k - 1) */
static double surprise(const int *counts, const double *p, int k, int draws)
{
    double chi = 0.0;
    for (int i = 0; i < k; i++) {
        const double expected = p[i] * draws;
        chi += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    return (chi - (k - 1)) / sqrt(2.0 * (k - 1));
}

static double surprise_uniform(const int *counts, int k, int draws)
{
    double p[1024];
    for (int i = 0; i < k; i++) {
        p[i] = 1.0 / k;
    }
    return surprise(counts, p, k, draws);
}

static int bits_set(uint64_t x)
{
    int n = 0;
    for (; x; x &= x - 1) {
        n++;
    }
    return n;
}

START_TEST(the_generator_gives_the_published_numbers)
{
    /* xoshiro256++ from state 1, 2, 3, 4, and splitmix64 from 1234567: the authors' C code */
    static const uint64_t expected[] = {
        41943041u,
        58720359u,
        3588806011781223u,
        3591011842654386u,
        9228616714210784205u,
        9973669472204895162u,
        14011001112246962877u,
        12406186145184390807u,
        15849039046786891736u,
        10450023813501588000u,
    };
    static const uint64_t mixed[] = {6457827717110365317u, 3203168211198807973u,
                                     9817491932198370423u, 4593380528125082431u,
                                     16408922859458223821u};
    pv_rng rng = {{1, 2, 3, 4}};
    for (int i = 0; i < 10; i++) {
        ck_assert_uint_eq(pv_rng_next(&rng), expected[i]);
    }
    uint64_t state = 1234567;
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(pv_splitmix(&state), mixed[i]);
    }
    pv_rng_init(&rng, 1234567);
    ck_assert_int_eq(memcmp(rng.s, mixed, sizeof rng.s), 0);
}
END_TEST

START_TEST(derived_seeds_never_change)
{
    /* from another implementation of the same definition; runs repeat across versions by these */
    ck_assert_uint_eq(pv_seed_split(0, ""), 0x27e6b85b77a4209du);
    ck_assert_uint_eq(pv_seed_split(1, "replay"), 0x306fd902d49b004du);
    ck_assert_uint_eq(pv_seed_split(UINT64_MAX, "\xc3\xa9pisode"), 0x9d28b0ef8aba1d04u);
    const uint64_t two[] = {2, 3};
    const uint64_t three[] = {UINT64_MAX, 0, 5};
    ck_assert_uint_eq(pv_seed_hash(0, NULL, 0), 0xc691137a1013a47du);
    ck_assert_uint_eq(pv_seed_hash(1, two, 2), 0x7f5441e8cbf19938u);
    ck_assert_uint_eq(pv_seed_hash(7, three, 3), 0x81e8e3f223e71641u);
}
END_TEST

static int compare(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left;
    const uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void expect_distinct(uint64_t *seeds, size_t n)
{
    qsort(seeds, n, sizeof *seeds, compare);
    int same = 0;
    for (size_t i = 1; i < n; i++) {
        same += seeds[i - 1] == seeds[i];
    }
    ck_assert_int_eq(same, 0);
}

START_TEST(names_and_seeds_give_seeds_of_their_own)
{
    static const char *const names[] = {"",       "a",   "b",   "aa",  "ab",  "ba", "aaa", "replay",
                                        "replax", "act", "Act", "cat", "tac", "a ", " a",  "\x01"};
    static uint64_t seeds[16 * 1000 + 100 * 100 + 3];
    size_t n = 0;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        for (int i = 0; i < 16; i++) {
            seeds[n++] = pv_seed_split(seed, names[i]);
        }
    }
    for (uint64_t lane = 0; lane < 100; lane++) {
        for (uint64_t episode = 0; episode < 100; episode++) {
            seeds[n++] = pv_seed_hash(1, (uint64_t[]){lane, episode}, 2);
        }
    }
    seeds[n++] = pv_seed_hash(1, (uint64_t[]){0}, 1);
    seeds[n++] = pv_seed_hash(1, (uint64_t[]){0, 0, 0}, 3);
    seeds[n++] = pv_seed_split(pv_seed_split(0, "a"), "b"); /* is not "ab" */
    expect_distinct(seeds, n);
}
END_TEST

START_TEST(every_bit_of_the_input_changes_half_of_the_seed)
{
    int flipped_bits[64] = {0};
    int total = 0;
    int trials = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        for (int bit = 0; bit < 64; bit++) {
            const uint64_t flip = (uint64_t)1 << bit;
            const uint64_t number = seed ^ flip;
            const uint64_t changes[] = {
                pv_seed_split(seed, "lane") ^ pv_seed_split(seed ^ flip, "lane"),
                pv_seed_hash(3, &seed, 1) ^ pv_seed_hash(3, &number, 1),
            };
            for (int k = 0; k < 2; k++) {
                total += bits_set(changes[k]);
                for (int i = 0; i < 64; i++) {
                    flipped_bits[i] += (int)(changes[k] >> i & 1u);
                }
                trials++;
            }
        }
    }
    /* 5 standard deviations of a fair coin */
    ck_assert_double_eq_tol((double)total / trials, 32.0, 5.0 * 4.0 / sqrt(trials));
    for (int i = 0; i < 64; i++) {
        ck_assert_double_eq_tol((double)flipped_bits[i] / trials, 0.5, 2.5 / sqrt(trials));
    }
}
END_TEST

/* the correlation of the uniform numbers of two streams, in standard deviations */
static double correlation(pv_rng a, pv_rng b, int n)
{
    double sum = 0.0;
    for (int i = 0; i < n; i++) {
        sum += (pv_rng_uniform(&a) - 0.5) * (pv_rng_uniform(&b) - 0.5);
    }
    return sum * 12.0 / sqrt(n);
}

START_TEST(neighbouring_streams_are_unrelated)
{
    double worst = 0.0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        const pv_rng rng = pv_rng_split(seed, "a");
        const pv_rng others[] = {pv_rng_split(seed + 1, "a"), pv_rng_split(seed, "b"),
                                 pv_rng_split(seed, "aa"),
                                 pv_rng_split(seed ^ ((uint64_t)1 << 63), "a")};
        for (int i = 0; i < 4; i++) {
            worst = fmax(worst, fabs(correlation(rng, others[i], 1000)));
        }
    }
    ck_assert_double_lt(worst, 4.5); /* of 400 */
    /* the first number of each of many streams is itself a fair draw */
    int counts[100] = {0};
    for (uint64_t seed = 0; seed < 100000; seed++) {
        pv_rng rng = pv_rng_split(seed, "first");
        counts[pv_rng_below(&rng, 100)]++;
    }
    ck_assert_double_lt(fabs(surprise_uniform(counts, 100, 100000)), 4.0);
}
END_TEST

START_TEST(uniform_numbers_are_uniform)
{
    enum { DRAWS = 500000 };
    static int counts[1024];
    int wrong = 0;
    pv_rng rng = pv_rng_split(1, "uniform");
    double sum = 0.0;
    double squares = 0.0;
    for (int i = 0; i < DRAWS; i++) {
        const double u = pv_rng_uniform(&rng);
        wrong += !(u >= 0.0 && u < 1.0) || ldexp(u, 53) != floor(ldexp(u, 53));
        sum += u;
        squares += u * u;
        counts[(int)(u * 1024.0)]++;
    }
    ck_assert_int_eq(wrong, 0);
    ck_assert_double_eq_tol(sum / DRAWS, 0.5, 4.0 * sqrt(1.0 / 12.0 / DRAWS));
    ck_assert_double_eq_tol(squares / DRAWS, 1.0 / 3.0, 4.0 * sqrt(4.0 / 45.0 / DRAWS));
    ck_assert_double_lt(fabs(surprise_uniform(counts, 1024, DRAWS)), 4.0);
    /* the largest number the generator can give: the next output is all ones */
    pv_rng most = {{0, 0, 0, 0}};
    most.s[0] = UINT64_MAX;
    most.s[3] = 1; /* s0 + s3 = 0, rotated 0, plus s0 */
    ck_assert_double_eq(pv_rng_uniform(&most), 1.0 - ldexp(1.0, -53));
}
END_TEST

START_TEST(integers_are_without_bias)
{
    static const uint32_t sizes[] = {2, 3, 7, 10, 64, 1000};
    enum { DRAWS = 200000 };
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        int counts[1024] = {0};
        pv_rng rng = pv_rng_split(sizes[k], "below");
        for (int i = 0; i < DRAWS; i++) {
            const uint32_t x = pv_rng_below(&rng, sizes[k]);
            counts[x < sizes[k] ? x : 1023]++;
        }
        ck_assert_int_eq(counts[1023], 0);
        ck_assert_double_lt(fabs(surprise_uniform(counts, (int)sizes[k], DRAWS)), 4.0);
    }
    /* at three quarters of 2^32 a product without rejection would favour every third number */
    const uint32_t wide = 3221225472u;
    int thirds[3] = {0};
    pv_rng rng = pv_rng_split(5, "wide");
    for (int i = 0; i < DRAWS; i++) {
        thirds[pv_rng_below(&rng, wide) % 3]++;
    }
    ck_assert_double_lt(fabs(surprise_uniform(thirds, 3, DRAWS)), 4.0);
    ck_assert_uint_eq(pv_rng_below(&rng, 1), 0);
}
END_TEST

START_TEST(normal_numbers_are_normal)
{
    enum { DRAWS = 300000, BINS = 34 };
    double moment[5] = {0};
    int counts[BINS] = {0};
    double p[BINS];
    pv_rng rng = pv_rng_split(2, "normal");
    for (int i = 0; i < DRAWS; i++) {
        const double x = pv_rng_normal(&rng);
        for (int k = 1; k <= 4; k++) {
            moment[k] += pow(x, k) / DRAWS;
        }
        const int bin = (int)floor(x * 5.0) + BINS / 2;
        counts[bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin]++;
    }
    /* variances of x^k: 1, 2, 15, 96 */
    ck_assert_double_eq_tol(moment[1], 0.0, 4.0 * sqrt(1.0 / DRAWS));
    ck_assert_double_eq_tol(moment[2], 1.0, 4.0 * sqrt(2.0 / DRAWS));
    ck_assert_double_eq_tol(moment[3], 0.0, 4.0 * sqrt(15.0 / DRAWS));
    ck_assert_double_eq_tol(moment[4], 3.0, 4.0 * sqrt(96.0 / DRAWS));
    for (int i = 0; i < BINS; i++) {
        const double low = i == 0 ? -INFINITY : (i - BINS / 2) / 5.0;
        const double high = i == BINS - 1 ? INFINITY : (i + 1 - BINS / 2) / 5.0;
        p[i] = 0.5 * (erf(high / sqrt(2.0)) - erf(low / sqrt(2.0)));
    }
    ck_assert_double_lt(fabs(surprise(counts, p, BINS, DRAWS)), 4.0);
    /* successive numbers do not know of each other */
    double product = 0.0;
    double previous = pv_rng_normal(&rng);
    for (int i = 0; i < DRAWS; i++) {
        const double x = pv_rng_normal(&rng);
        product += x * previous;
        previous = x;
    }
    ck_assert_double_lt(fabs(product) / sqrt(DRAWS), 4.0);
}
END_TEST

START_TEST(an_index_comes_as_often_as_its_weight_says)
{
    enum { DRAWS = 200000 };
    static const double weights[] = {2.0, 0.0, 0.5, 4.0, 1.0, 0.0};
    static const double p[] = {2.0 / 7.5, 0.5 / 7.5, 4.0 / 7.5, 1.0 / 7.5};
    int counts[6] = {0};
    pv_rng rng = pv_rng_split(3, "index");
    for (int i = 0; i < DRAWS; i++) {
        counts[pv_rng_index(&rng, weights, 6)]++;
    }
    ck_assert_int_eq(counts[1], 0);
    ck_assert_int_eq(counts[5], 0);
    const int drawn[] = {counts[0], counts[2], counts[3], counts[4]};
    ck_assert_double_lt(fabs(surprise(drawn, p, 4, DRAWS)), 4.0);
}
END_TEST

START_TEST(a_draw_at_the_very_end_is_the_last_possible_index)
{
    /* the generator's next uniform number is the greatest below one, as in uniform_numbers */
    static const double weights[] = {0.0, 0.1, 0.2, 0.3, 0.0};
    pv_rng most = {{UINT64_MAX, 0, 0, 1}};
    ck_assert_uint_eq(pv_rng_index(&most, weights, 5), 3);
    pv_rng tiny = {{UINT64_MAX, 0, 0, 1}};
    static const double denormal[] = {5e-324, 5e-324, 0.0}; /* the product rounds up to the sum */
    ck_assert_uint_eq(pv_rng_index(&tiny, denormal, 3), 1);
}
END_TEST

START_TEST(a_shuffle_gives_every_order_equally_often)
{
    enum { DRAWS = 48000 };
    int counts[256] = {0};
    int fair[24];
    int orders = 0;
    pv_rng rng = pv_rng_split(4, "shuffle");
    for (int i = 0; i < DRAWS; i++) {
        int order[4];
        pv_rng_shuffle(&rng, order, 4);
        counts[order[0] * 64 + order[1] * 16 + order[2] * 4 + order[3]]++;
    }
    for (int i = 0; i < 256; i++) {
        const unsigned seen =
            1u << (i >> 6) | 1u << (i >> 4 & 3) | 1u << (i >> 2 & 3) | 1u << (i & 3);
        if (seen == 15u) {
            fair[orders++] = counts[i];
        } else {
            ck_assert_int_eq(counts[i], 0);
        }
    }
    ck_assert_int_eq(orders, 24);
    ck_assert_double_lt(fabs(surprise_uniform(fair, 24, DRAWS)), 4.0);
    int one = 7;
    pv_rng_shuffle(&rng, &one, 0);
    ck_assert_int_eq(one, 7);
    pv_rng_shuffle(&rng, &one, 1);
    ck_assert_int_eq(one, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rng");
    TCase *tests = tcase_create("rng");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, the_generator_gives_the_published_numbers);
    tcase_add_test(tests, derived_seeds_never_change);
    tcase_add_test(tests, names_and_seeds_give_seeds_of_their_own);
    tcase_add_test(tests, every_bit_of_the_input_changes_half_of_the_seed);
    tcase_add_test(tests, neighbouring_streams_are_unrelated);
    tcase_add_test(tests, uniform_numbers_are_uniform);
    tcase_add_test(tests, integers_are_without_bias);
    tcase_add_test(tests, normal_numbers_are_normal);
    tcase_add_test(tests, an_index_comes_as_often_as_its_weight_says);
    tcase_add_test(tests, a_draw_at_the_very_end_is_the_last_possible_index);
    tcase_add_test(tests, a_shuffle_gives_every_order_equally_often);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
