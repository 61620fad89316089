"""Coats: the look of each colour of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from petstore.demo.drawings.canvas import Color


class Marking(Enum):
    """The pattern of the second and third colour of a coat over the first."""

    PLAIN = auto()
    BLAZE = auto()
    TABBY = auto()
    PATCHES = auto()
    SPOTS = auto()
    POINTS = auto()
    BROWS = auto()


@dataclass(frozen=True, slots=True)
class Coat:
    """The main colour, a lighter one for muzzle and chest, a darker one for ears and markings."""

    base: Color
    light: Color
    dark: Color
    marking: Marking = Marking.PLAIN
    accent: Color = (196, 120, 62)


WHITE: Color = (250, 245, 236)
INK: Color = (38, 32, 36)
BLACK: Color = (84, 78, 88)
DEEP: Color = (63, 57, 67)

_UNKNOWN = Coat((196, 158, 120), (240, 220, 194), (150, 112, 80))

COATS: dict[str, Coat] = {
    "Agouti": Coat((166, 132, 100), (228, 205, 176), (122, 94, 70)),
    "Apricot": Coat((235, 178, 126), (250, 218, 184), (209, 142, 90)),
    "Black": Coat(BLACK, (112, 104, 112), DEEP),
    "Black and tan": Coat(BLACK, (205, 141, 84), DEEP, Marking.BROWS),
    "Black and white": Coat(BLACK, WHITE, DEEP, Marking.BLAZE),
    "Blue grey": Coat((134, 146, 164), (176, 186, 200), (102, 113, 132)),
    "Blue merle": Coat((150, 160, 176), WHITE, (82, 86, 100), Marking.PATCHES, (112, 120, 138)),
    "Blue point": Coat((232, 228, 224), (246, 242, 236), (128, 136, 154), Marking.POINTS),
    "Brindle": Coat((150, 104, 68), (214, 178, 140), (88, 62, 48), Marking.TABBY),
    "Brown tabby": Coat((172, 132, 94), (236, 214, 184), (104, 76, 56), Marking.TABBY),
    "Calico": Coat(WHITE, (255, 252, 246), BLACK, Marking.PATCHES, (226, 142, 70)),
    "Chocolate": Coat((124, 82, 60), (168, 122, 92), (92, 59, 44)),
    "Chocolate and white": Coat((132, 86, 60), WHITE, (98, 62, 45), Marking.BLAZE),
    "Cream": Coat((243, 222, 186), (255, 244, 222), (222, 190, 146)),
    "Dusky brown": Coat((158, 124, 90), (214, 186, 148), (112, 84, 60), Marking.SPOTS),
    "Emerald and red": Coat((78, 168, 102), (204, 92, 80), (48, 120, 78), accent=(60, 66, 74)),
    "Fawn": Coat((214, 170, 122), (244, 220, 186), (172, 126, 86)),
    "Ginger tabby": Coat((236, 158, 84), (255, 228, 194), (204, 114, 52), Marking.TABBY),
    "Golden": Coat((228, 172, 98), (250, 222, 172), (196, 132, 66)),
    "Green and coral": Coat((112, 186, 98), (244, 142, 116), (72, 146, 76), accent=(238, 112, 92)),
    "Green and yellow": Coat((124, 194, 88), (250, 220, 92), (70, 110, 62), Marking.TABBY),
    "Grey": Coat((150, 150, 156), (208, 206, 208), (112, 112, 120)),
    "Grey and white": Coat((138, 142, 152), WHITE, (96, 100, 112), Marking.BLAZE),
    "Grey and yellow": Coat((150, 150, 156), (248, 222, 110), (112, 112, 120), accent=(240, 136, 84)),
    "Honey": Coat((222, 164, 92), (248, 214, 158), (184, 122, 62)),
    "Leaf green": Coat((122, 178, 84), (202, 220, 142), (84, 138, 62), Marking.SPOTS),
    "Lemon and white": Coat((236, 196, 120), WHITE, (214, 166, 88), Marking.BLAZE),
    "Lilac": Coat((186, 166, 174), (222, 208, 212), (152, 130, 142)),
    "Lutino yellow": Coat((250, 212, 84), (255, 240, 180), (232, 178, 54), accent=(242, 142, 76)),
    "Olive": Coat((150, 156, 92), (208, 208, 150), (108, 114, 62), Marking.SPOTS),
    "Olive and gold": Coat((168, 160, 96), (224, 200, 120), (98, 86, 58)),
    "Pearl": Coat((230, 228, 230), (252, 250, 250), (190, 188, 196)),
    "Pearl white": Coat((248, 244, 232), (255, 253, 246), (222, 214, 200), accent=(244, 162, 110)),
    "Red": Coat((190, 98, 58), (228, 156, 112), (150, 70, 42)),
    "Red and white": Coat((222, 140, 78), WHITE, (186, 104, 54), Marking.BLAZE),
    "Red factor": Coat((238, 116, 80), (255, 178, 134), (206, 84, 60)),
    "Sable": Coat((162, 118, 78), (216, 178, 134), (84, 66, 58), Marking.POINTS),
    "Sandy": Coat((222, 186, 138), (246, 226, 190), (182, 142, 98)),
    "Seal point": Coat((240, 224, 200), (250, 240, 222), (98, 74, 66), Marking.POINTS),
    "Silver": Coat((188, 194, 204), (236, 238, 242), (146, 152, 166)),
    "Silver and red": Coat((158, 164, 174), (226, 228, 230), (122, 128, 140), accent=(206, 72, 66)),
    "Silver tabby": Coat((190, 192, 196), (240, 240, 240), (104, 106, 114), Marking.TABBY),
    "Sky blue": Coat((112, 184, 226), (250, 248, 244), (70, 106, 140), Marking.TABBY),
    "Snow white": Coat((240, 234, 226), (252, 248, 242), (204, 194, 190), Marking.SPOTS),
    "Spotted brown": Coat((206, 158, 104), (244, 220, 184), (110, 74, 50), Marking.SPOTS),
    "Spotted yellow": Coat((244, 206, 108), (252, 234, 178), (112, 84, 66), Marking.SPOTS),
    "Tangerine": Coat((244, 156, 82), (255, 216, 164), (212, 114, 54), Marking.SPOTS),
    "Tortoiseshell": Coat((92, 72, 66), (150, 108, 80), (66, 54, 54), Marking.PATCHES, (206, 130, 70)),
    "Tricolour": Coat((196, 124, 70), WHITE, (80, 66, 66), Marking.BLAZE),
    "White": Coat((247, 243, 237), (255, 253, 250), (220, 212, 206)),
    "White with black spots": Coat((248, 245, 240), (255, 253, 250), (66, 60, 66), Marking.SPOTS),
}


def coat_for(color: str) -> Coat:
    """Return the coat of that colour; a plain brown one for a colour that the catalogue does not have."""
    return COATS.get(color, _UNKNOWN)
