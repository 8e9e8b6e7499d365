"""Meshes that refuse plaintext from now on, or take it again."""

from collections.abc import Iterable, Iterator

from mcwan.changes.facets import STRICT
from mcwan.changes.rest import Left
from mcwan.changes.told import Disturbance, Sentence, Told, cover


def told(found: Iterable[Left]) -> Iterator[Told]:
    """Give a sentence for each cluster whose mesh is held to mutual TLS, or no longer; of what is left to tell."""
    for facet, one, _ in found:
        if facet == STRICT:
            cluster = one.change.cluster
            gone = one.change.change == "removed"
            yield Told(
                Sentence(
                    about=STRICT,
                    text=f"the workloads of the mesh on {cluster} take plaintext again, from anybody"
                    if gone
                    else f"no workload of the mesh on {cluster} takes plaintext any more",
                    clusters=(cluster,),
                    disturbance=Disturbance()
                    if gone
                    else Disturbance(
                        level="refused",
                        why="clients that are not of the mesh are refused by each of its workloads",
                        remedy="see before that all of its clients are of the mesh, by Istio's metric "
                        "istio_requests_total with connection_security_policy none",
                    ),
                ),
                (cover(STRICT, clusters=[cluster]),),
            )
