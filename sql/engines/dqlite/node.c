/* A node of a dqlite cluster: node ID ADDRESS FOLDER [EXTENSION]. It writes "started" when it takes connections, and SIGTERM ends it.
 * An extension is loaded into each connection that the node opens. */
#include <dlfcn.h>
#include <dqlite.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

/* One way, so that a leader that is gone is missed within a second. */
#define LATENCY_MS 50

static int fail(const char *call, int code, dqlite_node *node)
{
	fprintf(stderr, "%s: %d %s\n", call, code, dqlite_node_errmsg(node));
	return 1;
}

static int load_everywhere(const char *extension)
{
	void *library = dlopen(extension, RTLD_NOW);
	void (*entry)(void) = NULL;

	if (library)
		*(void **)&entry = dlsym(library, "sqlite3_extension_init");
	if (entry && sqlite3_auto_extension(entry) == SQLITE_OK)
		return 0;
	fprintf(stderr, "%s\n", dlerror());
	return 1;
}

int main(int argc, char **argv)
{
	dqlite_node *node;
	sigset_t ending;
	int code, number;

	if (argc != 4 && argc != 5) {
		fprintf(stderr, "usage: node ID ADDRESS FOLDER [EXTENSION]\n");
		return 2;
	}
	if (argc == 5 && load_everywhere(argv[4]) != 0)
		return 1;
	/* Before dqlite begins its threads, which have the same mask. */
	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigprocmask(SIG_BLOCK, &ending, NULL);
	/* A client that is gone ends no node. */
	signal(SIGPIPE, SIG_IGN);

	if ((code = dqlite_node_create(strtoull(argv[1], NULL, 10), argv[2], argv[3], &node)) != 0)
		return fail("dqlite_node_create", code, node);
	if ((code = dqlite_node_set_bind_address(node, argv[2])) != 0)
		return fail("dqlite_node_set_bind_address", code, node);
	if ((code = dqlite_node_set_network_latency_ms(node, LATENCY_MS)) != 0)
		return fail("dqlite_node_set_network_latency_ms", code, node);
	if ((code = dqlite_node_start(node)) != 0)
		return fail("dqlite_node_start", code, node);
	puts("started");
	fflush(stdout);
	sigwait(&ending, &number);
	code = dqlite_node_stop(node);
	dqlite_node_destroy(node);
	return code != 0;
}
