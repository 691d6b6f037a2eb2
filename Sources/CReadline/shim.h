#include <stdio.h>
#include <readline/readline.h>
#include <readline/history.h>

// The columns of a character, which glibc declares for programs of X/Open alone.
#include <wchar.h>
int wcwidth(wchar_t character);
