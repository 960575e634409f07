"""circles.py SRC [LAYER...]: the graph of includes by module, which is NAME.c with NAME.h; fails on a circle.

A module depends on another when either of its files includes the other's header. Prints the size of the
graph, and each circle with the includes that close it; exits 1 if there is any. With LAYERs, only circles
of these folders count.
"""

import pathlib
import re
import sys

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)


def read_graph(source):
    """{module: {module it depends on: the file and header that say so}}"""
    graph = {}
    for path in sorted(source.rglob("*.[ch]")):
        file = path.relative_to(source)
        edges = graph.setdefault(str(file.with_suffix("")), {})
        for header in INCLUDE.findall(path.read_text(encoding="utf-8")):
            target = header.removesuffix(".h")
            if target != str(file.with_suffix("")):
                edges.setdefault(target, f"{file} includes {header}")
    return graph


def find_circles(graph):
    """The strongly connected components of more than one module (Tarjan 1972)."""
    order, low, stack, circles = {}, {}, [], []

    def visit(module):
        order[module] = low[module] = len(order)
        stack.append(module)
        for target in graph.get(module, ()):
            if target not in order:
                visit(target)
                low[module] = min(low[module], low[target])
            elif target in stack:
                low[module] = min(low[module], order[target])
        if low[module] == order[module]:
            component = set(stack[stack.index(module):])
            del stack[stack.index(module):]
            if len(component) > 1:
                circles.append(component)

    for module in graph:
        if module not in order:
            visit(module)
    return circles


def main(source, *layers):
    graph = read_graph(pathlib.Path(source))
    circles = [circle for circle in find_circles(graph) if not layers or any(m.split("/")[0] in layers for m in circle)]
    for circle in circles:
        print(f"circles: these files include each other: {' '.join(sorted(circle))}")
        for module in sorted(circle):
            for target in sorted(graph[module].keys() & circle):
                print(f"    src/{graph[module][target]}")
    print(f"includes: {len(graph)} modules, {sum(map(len, graph.values()))} edges, {len(circles)} circles")
    return 1 if circles else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
