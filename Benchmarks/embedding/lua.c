// What a C program pays for a Lua inside it: the twin of Main.swift.
//
//   cc -O2 lua.c -o lua $(pkg-config --cflags --libs lua5.4)
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static lua_State *L;
static double *million;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e6 + time.tv_nsec * 1e-3;
}

static double mean(void (*body)(void), int count) {
  double start = now();
  for (int i = 0; i < count; i++) body();
  return (now() - start) / count;
}

static double microseconds(void (*body)(void)) {
  int count = 1;
  while (mean(body, count) * count < 10000) count *= 2;
  double least = 1e300;
  for (int i = 0; i < 9; i++) {
    double time = mean(body, count);
    if (time < least) least = time;
  }
  return least;
}

static void empty(void) {
  lua_getglobal(L, "empty");
  lua_pcall(L, 0, 0, 0);
}

static void same(void) {
  lua_getglobal(L, "same");
  lua_pushnumber(L, 1.5);
  lua_pcall(L, 1, 1, 0);
  lua_tonumber(L, -1);
  lua_pop(L, 1);
}

// Numbers of the host without a copy: a pointer.
static void shape(void) {
  lua_getglobal(L, "same");
  lua_pushlightuserdata(L, million);
  lua_pcall(L, 1, 1, 0);
  lua_touserdata(L, -1);
  lua_pop(L, 1);
}

static void set(void) {
  lua_pushnumber(L, 2.0);
  lua_setglobal(L, "x");
}

static void get(void) {
  lua_getglobal(L, "x");
  lua_tonumber(L, -1);
  lua_pop(L, 1);
}

static void make(void) {
  lua_State *state = luaL_newstate();
  luaL_openlibs(state);
  lua_close(state);
}

static int host(lua_State *state) {
  lua_pushnumber(state, luaL_checknumber(state, 1) + 1);
  return 1;
}

static void loop(const char *name) {
  lua_getglobal(L, name);
  lua_pushinteger(L, 10000);
  lua_pcall(L, 1, 0, 0);
}
static void calls(void) { loop("calls"); }
static void rounds(void) { loop("loop"); }

static void text(void) { luaL_dostring(L, "return same(1.5)"), lua_settop(L, 0); }

static void report(const char *name, double time) { printf("%s\t%f\n", name, time); }

int main(void) {
  L = luaL_newstate();
  luaL_openlibs(L);
  million = calloc(1000000, sizeof(double));
  luaL_dostring(L, "function empty() end function same(x) return x end x = 1.0");
  report("empty call", microseconds(empty));
  report("call with a number", microseconds(same));
  report("call with 1e6 numbers", microseconds(shape));
  report("set, 10 globals", microseconds(set));
  report("get, 10 globals", microseconds(get));
  luaL_dostring(L, "for i = 0, 999 do _G['name' .. i] = i end");
  report("set, 1000 globals", microseconds(set));
  report("get, 1000 globals", microseconds(get));
  report("make an interpreter", microseconds(make));
  lua_register(L, "host", host);
  luaL_dostring(
      L, "function calls(n) for i = 1, n do host(1.0) end end function loop(n) for i = 1, n do end end");
  report("a host function's call", (microseconds(calls) - microseconds(rounds)) / 10000);
  report("run a kept text", microseconds(text));
  return 0;
}
