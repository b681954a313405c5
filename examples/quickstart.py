"""Count, check and draw the regions of a small network that was trained on handwritten digits.

    python examples/quickstart.py --output digits.png

The picture in the README was made by this script.
"""

import argparse
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

import polyregions as pr
from polyregions.data import digits_network, digits_points
from polyregions.reports.draw import draw_scene
from polyregions.reports.scene import Scene, scene_of


def draw(scene: Scene, path: Path) -> None:
    """Draw the regions with some of the points that the network was trained on."""
    points, digits = digits_points()
    figure = Figure(figsize=(9.0, 6.0), layout="compressed")
    FigureCanvasAgg(figure)
    draw_scene(scene, figure.add_subplot(), points=points[::6], labels=digits[::6])
    figure.savefig(path, dpi=120, bbox_inches="tight")
    if path.suffix == ".png":
        Image.open(path).convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE).save(path, optimize=True)


def main(arguments: list[str] | None = None) -> None:
    """Enumerate, print what is known, draw."""
    parser = argparse.ArgumentParser(description="Count, check and draw the regions of a small trained network.")
    parser.add_argument("--output", type=Path, default=Path("digits.png"), help="where to draw")
    chosen = parser.parse_args(arguments)

    network = digits_network()
    domain = pr.Polytope.box(-2.5, 2.5, dim=2)
    regions = pr.enumerate_regions(network, domain)
    scene = scene_of(regions)  # their polygons, and who touches whom
    total = sum(cell.volume for cell in scene.cells)

    print(f"{network} on {domain}: {regions}")
    print(f"areas add up to {total}; the domain has {domain.volume}")
    draw(scene, chosen.output)
    print(f"drawn in {chosen.output}")


if __name__ == "__main__":
    main()
