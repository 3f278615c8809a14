/* main.c: the `pavlov` program: finds the command, reads its arguments, turns its status into an
   exit code and its error into one line. */
#include "cli/commands.h"
#include "core/params.h"
#include "pavlov/pavlov.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const pv_command *const commands[] = {
    &pv_command_list,    &pv_command_info,   &pv_command_train, &pv_command_resume,
    &pv_command_eval,    &pv_command_record, &pv_command_plot,  &pv_command_show,
    &pv_command_compare, &pv_command_keep,   &pv_command_check, &pv_command_bench,
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(void)
{
    printf("pavlov %s: reinforcement learning in C\n\n", PV_VERSION);
    for (int i = 0; i < COMMANDS; i++) {
        printf("  %-8s %s\n", commands[i]->name, commands[i]->summary);
    }
    printf("\npavlov COMMAND --help tells more; the first to try: pavlov train q-learning "
           "CliffWalking-v1\n");
}

static const pv_command *find_command(const char *name)
{
    const char *names[COMMANDS];
    for (int i = 0; i < COMMANDS; i++) {
        names[i] = commands[i]->name;
        if (strcmp(name, names[i]) == 0) {
            return commands[i];
        }
    }
    const char *near = pv_near_name(name, names, COMMANDS);
    if (near) {
        pv_fail(PV_ERROR_ARGUMENT, "unknown command \"%s\"; did you mean \"%s\"?", name, near);
    } else {
        pv_fail(PV_ERROR_ARGUMENT, "unknown command \"%s\"; see pavlov --help", name);
    }
    return NULL;
}

static int exit_code(pv_status status)
{
    switch (status) {
    case PV_OK:
        return 0;
    case PV_ERROR_ARGUMENT:
    case PV_ERROR_FIT:
        return 2;
    case PV_ERROR_INTERRUPTED:
        return 130;
    default:
        return 1;
    }
}

static pv_status run_command(const pv_command *command, int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--"); i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            pv_command_help(command);
            return PV_OK;
        }
    }
    pv_arguments *arguments = pv_arguments_create(command, argc, argv);
    if (!arguments) {
        return pv_last_status();
    }
    const pv_status status = command->run(arguments);
    pv_arguments_destroy(arguments);
    return status;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a reader that went away, and a file at its size limit, are */
    signal(SIGXFSZ, SIG_IGN); /* errors to be told, not deaths */
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help();
        return argc < 2 ? 2 : 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("pavlov %s\n", PV_VERSION);
        return 0;
    }
    const pv_command *command = find_command(argv[1]);
    pv_status status = command ? run_command(command, argc - 2, argv + 2) : PV_ERROR_ARGUMENT;
    if (status == PV_OK && (fflush(stdout) != 0 || ferror(stdout))) {
        status = errno == EPIPE ? PV_EXIT_QUIETLY /* the reader has seen enough: | head */
                                : pv_fail(PV_ERROR_FILE, "cannot write to standard output");
    }
    if (status < 0) {
        fprintf(stderr, "pavlov%s%s: %s\n", command ? " " : "", command ? command->name : "",
                pv_last_error());
    }
    return exit_code(status);
}
