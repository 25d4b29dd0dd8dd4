/* qsort and bsearch with callbacks, a heap, a tree in an arena, recursion, function pointers, a switch. */
#include "lockstep.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct record {
  char name[12];
  short rank;
  double weight;
};

struct node {
  struct node *left, *right;
  int key;
};

static struct node arena[256];
static int used;

static int by_rank(const void *a, const void *b) {
  const struct record *x = a, *y = b;
  return x->rank != y->rank ? x->rank - y->rank : strcmp(x->name, y->name);
}

static int by_weight(const void *a, const void *b) {
  double x = ((const struct record *)a)->weight, y = ((const struct record *)b)->weight;
  return (x > y) - (x < y);
}

static int by_value(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}

static struct node *insert(struct node *tree, int key) {
  if (!tree) {
    tree = &arena[used++];
    tree->key = key;
  } else if (key < tree->key) {
    tree->left = insert(tree->left, key);
  } else {
    tree->right = insert(tree->right, key);
  }
  return tree;
}

static long walk(const struct node *tree, int depth) { return tree ? walk(tree->left, depth + 1) + (long)tree->key * depth + walk(tree->right, depth + 1) : 0; }

static int kind(int n) {
  switch (n % 9) {
  case 0: return n * 3;
  case 1: return -n;
  case 2: return n ^ 0x55;
  case 4: return n << 3;
  case 5: return n >> 1;
  case 8: return ~n;
  default: return n;
  }
}

int main(void) {
  LOCKSTEP_START();
  static struct record records[40];
  static int numbers[150];
  uint32_t x = 12345;
  for (int i = 0; i < 150; i++) {
    x = x * 1664525u + 1013904223u;
    numbers[i] = (int)(x >> 8) % 1000 - 500;
    if (i >= 40) continue;
    for (int j = 0; j < 11; j++) records[i].name[j] = (char)('a' + (x >> j) % 26);
    records[i].rank = (short)(x >> 16) % 7;
    records[i].weight = (double)(int)x / 3.0;
  }
  qsort(records, 40, sizeof *records, by_rank);
  qsort(records, 40, sizeof *records, by_weight);
  qsort(numbers, 150, sizeof *numbers, by_value);
  long sum = 0;
  for (int i = -500; i < 500; i += 37) sum += bsearch(&i, numbers, 150, sizeof *numbers, by_value) != NULL;
  struct node *tree = NULL;
  for (int i = 0; i < 100; i++) tree = insert(tree, numbers[i * 37 % 150]);
  sum += walk(tree, 1);
  for (int i = 0; i < 100; i++) sum += kind(i);
  for (int i = 0; i < 40; i++) sum = sum * 31 + records[i].name[3] + records[i].rank;
  lockstep_end((int)((unsigned long)sum % 251));
}
