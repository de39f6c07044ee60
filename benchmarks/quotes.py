"""What README.md quotes from docs/notes/benchmarks.md."""

import re

NOT_RUN = "Not measured yet: `make bench` writes this table."

# By case, whose title is that of its part of the page, what README calls it.
CASES = {
    "Time to quality: Fashion-MNIST": "to the error that the other ends with, 784-256-128-32",
    "Training a wide dense network": "training, 784-512-256-128-32, batches of 256",
    "Training a small dense network": "training, 20-64-32-8, batches of 64",
    "Training the convolutional network": "training the convolutional network",
    "Applying the convolutional network": "applying the convolutional network",
    "Encoding a long table": "encoding 1,000,000 rows",
}
PEERS = ("Keras, TensorFlow", "Keras, JAX", "plain torch", "scikit-learn", "PyOD", "pythae", "skorch")


def part(text: str, name: str) -> str:
    """What stands between the markers of a benchmark."""
    found = re.search(rf"<!-- {name} -->\n(.*?)\n?<!-- end of {name} -->", text, re.DOTALL)
    if found is None:
        raise SystemExit(f"there are no markers <!-- {name} --> and <!-- end of {name} -->")
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of every line of Markdown tables."""
    lines = (line.strip().removeprefix("|").removesuffix("|") for line in text.splitlines() if line[:1] == "|")
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def figures(docs: str) -> str:
    """Test error over PCA's, for each benchmark that has been run; its first line says where and when."""
    lines, sources = [], []
    tables = part(docs, "tables")
    means = dict(re.findall(r"^(pca|random) start: geometric mean ([\d.]+)", tables, re.MULTILINE))
    if len(means) == 2:
        n_tables = re.search(r"of (\d+) tables", tables)
        assert n_tables is not None
        lines.append((f"{n_tables[1]} tables of ADBench (geometric mean)", means["random"], means["pca"]))
        sources.append(tables)
    peers = part(docs, "peers")
    for name, what in (
        ("digits", "Digits, 64 columns, 16 codes"),
        ("breast_cancer", "Breast cancer, 30 columns, 7 codes"),
    ):
        found = re.search(rf"\*\*{name}\*\*[^\n]*defaults:\n\n((?:\|[^\n]*\n?)*)", peers)
        if found:
            errors = {cells[0]: cells[1].split(" ")[0] for cells in rows(found[1])}
            lines.append((what, errors["Isthmus, random start"], errors["Isthmus"]))
            sources.append(peers)
    images = {tuple(cells[:2]): cells[2] for cells in rows(part(docs, "fashion-mnist"))}
    if ("pca start, bce", "20") in images:
        pca = float(images["PCA, 32 components", ""])
        random, ours = (middle(images[f"{start} start, bce", "20"]) / pca for start in ("random", "pca"))
        lines.append(("Fashion-MNIST, 784 columns, 32 codes, 20 epochs", f"{random:.3f}", f"{ours:.3f}"))
        sources.append(part(docs, "fashion-mnist"))
    if not lines:
        return NOT_RUN
    table = "\n".join(f"| {what} | 1 | {random} | **{ours}** |" for what, random, ours in lines)
    where = sources[0].splitlines()[0]
    head = "| error of unseen rows, as a share of PCA's | PCA | random initialisation | Isthmus |\n|---|---|---|---|"
    return f"{head}\n{table}\n\n({where})"


def middle(span: str) -> float:
    """The middle of "0.0092–0.0094"."""
    low, high = span.split("–")
    return (float(low) + float(high)) / 2


def speeds(docs: str) -> str:
    """How many times as fast as others Isthmus is, by medians; its first line says where and when."""
    text = part(docs, "speed")
    lines = []
    for section in text.split("### ")[1:]:
        title, _, rest = section.partition("\n")
        if title in CASES:
            times = times_as_fast(rows(rest))
            cells = [next((times[label] for label in times if label.startswith(peer)), "") for peer in PEERS]
            lines.append(f"| {CASES[title]} | {' | '.join(cells)} |")
    if not lines:
        return NOT_RUN
    head = f"| Speed-up over | {' | '.join(PEERS)} |\n|---{'|---:' * len(PEERS)}|"
    return f"{head}\n" + "\n".join(lines) + f"\n\n({text.splitlines()[0]})"


def times_as_fast(table: list[list[str]]) -> dict[str, str]:
    """By label how many times as fast Isthmus is: until it has the other's error, where the table tells it."""
    head, _, isthmus, *others = table
    if "times as fast" in head:
        column = head.index("times as fast")
        return {cells[0]: cells[column] for cells in others}
    ratios = {}
    for cells in others:
        # What PyOD gives are errors, and those take Isthmus a decoder, too.
        against = next((row for row in others if "error" in row[0]), isthmus) if "decision" in cells[0] else isthmus
        ours, found = middle_of(against[1]), middle_of(cells[1])
        if ours is not None and found is not None:
            ratios[cells[0]] = f"{ours / found:.2g}"
    return ratios


def middle_of(cell: str) -> float | None:
    """1200 of "1,200 (1,100–1,300)", a rate; nothing where words stand."""
    number = cell.split(" ", maxsplit=1)[0].replace(",", "")
    return float(number) if number.replace(".", "", 1).isdigit() else None
