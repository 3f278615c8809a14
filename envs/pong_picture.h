/* pong_picture.h: how Pong looks: Atari's screen of 160 x 210 pixels, drawn from scratch each time,
   because only the host knows what its buffers hold. A drawing is a few copies of whole lines, so
   that costs little more than filling the memory. Part of pong.c, which alone includes it. */
#ifndef PAVLOV_ENVS_PONG_PICTURE_H
#define PAVLOV_ENVS_PONG_PICTURE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    PONG_WIDTH = 160,
    PONG_HEIGHT = 210,
    PONG_TOP = 34,     /* first line of the field, below the upper white line */
    PONG_BOTTOM = 194, /* first line of the lower white line */
    PONG_LINE = 10,    /* thickness of the upper white line */
    PONG_BALL_WIDTH = 2,
    PONG_BALL_HEIGHT = 4,
    PONG_PADDLE_WIDTH = 4,
    PONG_LEFT_X = 16, /* left edge of the left paddle */
    PONG_RIGHT_X = PONG_WIDTH - PONG_LEFT_X - PONG_PADDLE_WIDTH,
    PONG_BLOCK = 4,       /* side of a digit's blocks */
    PONG_DIGIT_Y = 2,     /* top of the digits */
    PONG_LEFT_DIGIT = 36, /* left edge of the last digit of the left score */
    PONG_RIGHT_DIGIT = 116
};

static const uint8_t pong_brown[3] = {144, 72, 17}, pong_white[3] = {236, 236, 236},
                     pong_orange[3] = {213, 130, 74}, pong_green[3] = {92, 186, 92};

/* all that is to be seen, in pixels of the screen */
typedef struct pong_view {
    int ball_x, ball_y; /* top left corner */
    int ball;           /* 0: between two serves */
    int paddle_height;
    int left_y, right_y; /* top edges of the paddles */
    int left_score, right_score;
} pong_view;

/* a block of one colour, cut off at the left and right edge of the picture; y must lie inside */
static void pong_fill(uint8_t *rgb, size_t stride, int x, int y, int width, int height,
                      const uint8_t *colour)
{
    const int left = x > 0 ? x : 0;
    const int right = x + width < PONG_WIDTH ? x + width : PONG_WIDTH;
    if (left >= right) {
        return;
    }
    uint8_t *first = rgb + (size_t)y * stride + (size_t)left * 3u;
    for (int i = 0; i < right - left; i++) {
        memcpy(first + 3 * i, colour, 3);
    }
    for (int line = 1; line < height; line++) {
        memcpy(first + (size_t)line * stride, first, (size_t)(right - left) * 3u);
    }
}

/* blocks of a digit, 3 wide and 5 high, one number a line: 4 left, 2 middle, 1 right */
static const uint8_t pong_digits[10][5] = {
    {7, 5, 5, 5, 7}, {2, 2, 2, 2, 2}, {7, 1, 7, 4, 7}, {7, 1, 7, 1, 7}, {5, 5, 7, 1, 1},
    {7, 4, 7, 1, 7}, {7, 4, 7, 5, 7}, {7, 1, 1, 1, 1}, {7, 5, 7, 5, 7}, {7, 5, 7, 1, 7},
};

static void pong_draw_digit(uint8_t *rgb, size_t stride, int x, int digit, const uint8_t *colour)
{
    for (int row = 0; row < 5; row++) {
        for (int column = 0; column < 3; column++) {
            if (pong_digits[digit][row] >> (2 - column) & 1) {
                pong_fill(rgb, stride, x + column * PONG_BLOCK, PONG_DIGIT_Y + row * PONG_BLOCK,
                          PONG_BLOCK, PONG_BLOCK, colour);
            }
        }
    }
}

static void pong_draw_score(uint8_t *rgb, size_t stride, int x, int score, const uint8_t *colour)
{
    pong_draw_digit(rgb, stride, x, score % 10, colour);
    if (score >= 10) {
        pong_draw_digit(rgb, stride, x - 4 * PONG_BLOCK, score / 10, colour);
    }
}

/* the empty field and its two white lines */
static void pong_draw_field(uint8_t *rgb, size_t stride)
{
    const size_t line = PONG_WIDTH * 3;
    uint8_t brown[PONG_WIDTH * 3];
    for (size_t i = 0; i < line; i += 3) {
        memcpy(brown + i, pong_brown, 3);
    }
    for (int y = 0; y < PONG_BOTTOM; y++) {
        memcpy(rgb + (size_t)y * stride, brown, line);
    }
    for (int y = PONG_TOP - PONG_LINE; y < PONG_TOP; y++) {
        memset(rgb + (size_t)y * stride, pong_white[0], line);
    }
    for (int y = PONG_BOTTOM; y < PONG_HEIGHT; y++) {
        memset(rgb + (size_t)y * stride, pong_white[0], line);
    }
}

/* Draws the whole picture. */
static void pong_draw(const pong_view *view, uint8_t *rgb, size_t stride)
{
    pong_draw_field(rgb, stride);
    pong_draw_score(rgb, stride, PONG_LEFT_DIGIT, view->left_score, pong_orange);
    pong_draw_score(rgb, stride, PONG_RIGHT_DIGIT, view->right_score, pong_green);
    pong_fill(rgb, stride, PONG_LEFT_X, view->left_y, PONG_PADDLE_WIDTH, view->paddle_height,
              pong_orange);
    pong_fill(rgb, stride, PONG_RIGHT_X, view->right_y, PONG_PADDLE_WIDTH, view->paddle_height,
              pong_green);
    if (view->ball) {
        pong_fill(rgb, stride, view->ball_x, view->ball_y, PONG_BALL_WIDTH, PONG_BALL_HEIGHT,
                  pong_white);
    }
}

#endif
