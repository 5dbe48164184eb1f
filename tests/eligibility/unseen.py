"""Changes of the rule data that alter no answer, so that no test can notice them.

Each touches a part that another part of the same table already covers: a second spelling of a
word, a drug whose class is asked for as well, a branch below a better one.
"""

from __future__ import annotations

UNSEEN: frozenset[str] = frozenset(
    {
        "CTR-1 no standard option: 2 negate",
        "CTR-1 no standard option: 4 drop part 0",
        "CTR-1 progressed: 4 drop part 0",
        "CTR-1 rare without a standard: 2 negate",
        "CTR-1 rare: 0 1: drop progressed",
        "CTR-1 rare: 0 1: drop refractory",
        "CTR-1 rare: 0 1: drop relapsed",
        "CTR-1 rare: 0 drop part 1",
        "CTR-1 rare: 2 negate",
        "CTR-1 rare: 4 drop part 0",
        "CTR-1 standard care first: 0 dropped",
        "CTR-1 target without a drug: 0 1: drop progressed",
        "CTR-1 target without a drug: 0 1: drop refractory",
        "CTR-1 target without a drug: 0 1: drop relapsed",
        "CTR-1 target without a drug: 0 drop part 1",
        "CTR-1 target without a drug: 3 negate",
        "CTR-1 target without a drug: 5 drop part 0",
        "HF-1 liver spots not counted: 0 1: not drop brain",
        "PT-1 head and neck again: 2 drop part 0",
        "RL-NET digestive: 3 drop part 0",
        "RL-PSMA: 4 0: drop apalutamide",
        "RL-PSMA: 4 0: drop darolutamide",
        "RL-PSMA: 4 0: drop rezvilutamide",
        "RL-PSMA: 6 drop part 0",
        "SR-1 widespread: 0 negate",
        "SR-1 widespread: 1 drop not",
        "SR-1 widespread: 1 dropped",
        "SR-1 widespread: 1 not negate",
        "TX-1 acute leukaemia: 1 not 1: 1: 1: drop Favorable",
        "TX-1 acute leukaemia: 1 not 1: 1: 1: drop Favourable",
        "TX-1 acute leukaemia: 1 not 1: 1: 1: drop favorable",
        "TX-1 acute leukaemia: 1 not 1: 1: 1: drop favourable",
        "TX-1 myelofibrosis: 3 1: drop High",
        "TX-1 myelofibrosis: 3 1: drop Int-1",
        "TX-1 myelofibrosis: 3 1: drop Int-2",
        "TX-1 myelofibrosis: 3 1: drop high",
        "TX-1 myelofibrosis: 3 1: drop int-1",
        "TX-1 myelofibrosis: 3 1: drop int-2",
    }
)
