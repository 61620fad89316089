"""Breeds with their usual sizes, colours, prices and life spans, and names of pets."""

from __future__ import annotations

from dataclasses import dataclass

from petstore.demo.profiles import Gender, Size, Species


@dataclass(frozen=True, slots=True)
class Breed:
    """A breed; prices are whole units of currency, the life span is in years."""

    name: str
    size: Size
    colors: tuple[str, ...]
    price: tuple[int, int]
    lifespan: int


SPECIES_SHARES: dict[Species, int] = {
    "DOG": 34,
    "CAT": 30,
    "RABBIT": 12,
    "BIRD": 9,
    "REPTILE": 7,
    "OTHER": 8,
}

BREEDS: dict[Species, tuple[Breed, ...]] = {
    "DOG": (
        Breed("Labrador Retriever", "LARGE", ("Golden", "Black", "Chocolate"), (260, 420), 12),
        Breed("Golden Retriever", "LARGE", ("Honey", "Cream"), (280, 450), 12),
        Breed("German Shepherd", "LARGE", ("Black and tan", "Sable"), (250, 420), 12),
        Breed("Border Collie", "MEDIUM", ("Black and white", "Blue merle", "Chocolate and white"), (240, 400), 14),
        Breed("Beagle", "MEDIUM", ("Tricolour", "Lemon and white"), (220, 360), 14),
        Breed("Cocker Spaniel", "MEDIUM", ("Golden", "Chocolate", "Black"), (240, 390), 13),
        Breed("Siberian Husky", "LARGE", ("Grey and white", "Black and white"), (260, 430), 13),
        Breed("Pembroke Welsh Corgi", "SMALL", ("Red and white", "Tricolour"), (290, 460), 13),
        Breed("Toy Poodle", "SMALL", ("Apricot", "White", "Black"), (280, 450), 15),
        Breed("Jack Russell Terrier", "SMALL", ("Chocolate and white", "Lemon and white"), (180, 300), 15),
        Breed("Dachshund", "SMALL", ("Red", "Black and tan", "Chocolate"), (220, 360), 14),
        Breed("Chihuahua", "SMALL", ("Fawn", "Cream", "Black and tan"), (190, 320), 15),
        Breed("Staffordshire Bull Terrier", "MEDIUM", ("Brindle", "Blue grey", "Fawn"), (160, 280), 13),
        Breed("Dalmatian", "LARGE", ("White with black spots",), (240, 380), 12),
        Breed("Mixed Breed", "MEDIUM", ("Sandy", "Black and white", "Chocolate", "Brindle"), (120, 240), 14),
    ),
    "CAT": (
        Breed(
            "Domestic Shorthair",
            "MEDIUM",
            ("Brown tabby", "Ginger tabby", "Black", "Black and white", "Tortoiseshell", "Grey"),
            (70, 130),
            16,
        ),
        Breed("Domestic Longhair", "MEDIUM", ("Silver tabby", "Calico", "Black", "Ginger tabby"), (80, 150), 16),
        Breed("Maine Coon", "LARGE", ("Brown tabby", "Silver tabby", "Ginger tabby"), (180, 320), 14),
        Breed("British Shorthair", "MEDIUM", ("Blue grey", "Cream", "Lilac"), (170, 300), 15),
        Breed("Siamese", "MEDIUM", ("Seal point", "Blue point"), (150, 260), 16),
        Breed("Ragdoll", "LARGE", ("Seal point", "Blue point"), (180, 310), 15),
        Breed("Bengal", "MEDIUM", ("Spotted brown",), (190, 340), 15),
        Breed("Persian", "MEDIUM", ("White", "Cream", "Grey"), (160, 290), 14),
        Breed("Russian Blue", "MEDIUM", ("Grey",), (170, 280), 16),
        Breed("Scottish Fold", "MEDIUM", ("Silver tabby", "Cream", "Grey"), (160, 280), 14),
    ),
    "RABBIT": (
        Breed("Holland Lop", "SMALL", ("Fawn", "Chocolate", "Black and white"), (40, 75), 9),
        Breed("Mini Lop", "SMALL", ("Agouti", "Grey", "White"), (40, 70), 9),
        Breed("Netherland Dwarf", "SMALL", ("Agouti", "Black", "White", "Lilac"), (35, 65), 10),
        Breed("Lionhead", "SMALL", ("Cream", "Fawn", "Grey"), (40, 75), 9),
        Breed("Dutch", "SMALL", ("Black and white", "Chocolate and white", "Grey and white"), (35, 60), 9),
        Breed("Rex", "MEDIUM", ("Chocolate", "Black", "Lilac"), (40, 70), 8),
        Breed("Flemish Giant", "LARGE", ("Sandy", "Grey", "Fawn"), (60, 110), 7),
    ),
    "BIRD": (
        Breed("Budgerigar", "SMALL", ("Green and yellow", "Sky blue", "Lutino yellow"), (20, 40), 8),
        Breed("Cockatiel", "SMALL", ("Grey and yellow", "Lutino yellow", "Pearl white"), (55, 110), 18),
        Breed("Canary", "SMALL", ("Lutino yellow", "Red factor", "Pearl white"), (25, 55), 9),
        Breed("Peach-faced Lovebird", "SMALL", ("Green and coral", "Sky blue"), (45, 90), 13),
        Breed("Green-cheeked Conure", "MEDIUM", ("Emerald and red",), (140, 260), 22),
        Breed("African Grey Parrot", "LARGE", ("Silver and red",), (450, 780), 45),
    ),
    "REPTILE": (
        Breed("Leopard Gecko", "SMALL", ("Spotted yellow", "Tangerine", "Snow white"), (45, 95), 16),
        Breed("Crested Gecko", "SMALL", ("Tangerine", "Olive", "Dusky brown"), (50, 110), 15),
        Breed("Bearded Dragon", "MEDIUM", ("Sandy", "Tangerine", "Spotted yellow"), (60, 140), 11),
        Breed("Common Iguana", "LARGE", ("Leaf green",), (90, 180), 16),
        Breed("Hermann's Tortoise", "SMALL", ("Olive and gold",), (110, 210), 60),
        Breed("Russian Tortoise", "SMALL", ("Dusky brown", "Olive and gold"), (100, 190), 45),
    ),
    "OTHER": (
        Breed("Syrian Hamster", "SMALL", ("Golden", "Cream", "Black and white"), (12, 22), 2),
        Breed("Winter White Hamster", "SMALL", ("Silver", "Pearl"), (12, 20), 2),
        Breed("Guinea Pig", "SMALL", ("Tricolour", "Chocolate and white", "Golden", "Black and white"), (25, 45), 6),
        Breed("Mongolian Gerbil", "SMALL", ("Sandy", "Agouti", "Black"), (12, 20), 3),
        Breed("Chinchilla", "SMALL", ("Grey", "White"), (90, 170), 14),
        Breed("Fancy Rat", "SMALL", ("Agouti", "Grey and white", "Fawn"), (14, 25), 2),
    ),
}

NAMES: dict[Gender, tuple[str, ...]] = {
    "MALE": (
        "Max", "Buddy", "Milo", "Charlie", "Rocky", "Oscar", "Leo", "Archie", "Teddy", "Bruno",
        "Finn", "Jasper", "Toby", "Ziggy", "Otis", "Gus", "Rufus", "Hugo", "Barney", "Monty",
        "Simba", "Felix", "Loki", "Ollie", "Bramble", "Chester", "Winston", "Rex", "Basil", "Louis",
    ),
    "FEMALE": (
        "Bella", "Luna", "Daisy", "Coco", "Molly", "Rosie", "Willow", "Poppy", "Ruby", "Nala",
        "Hazel", "Maple", "Cleo", "Olive", "Penny", "Stella", "Juno", "Mabel", "Ivy", "Freya",
        "Tilly", "Phoebe", "Lottie", "Dolly", "Clementine", "Betty", "Saffron", "Zelda", "Lola", "Peaches",
    ),
    "UNKNOWN": (
        "Pip", "Sunny", "Pepper", "Kiwi", "Mango", "Biscuit", "Pebble", "Sky", "Sprout", "Echo",
        "Pickle", "Nugget", "Cosmo", "Tango", "Clover", "Pixel", "Marble", "Storm", "Waffle", "Fern",
    ),
}  # fmt: skip

SPECIES_NAMES: dict[Species, tuple[str, ...]] = {
    "DOG": ("Scout", "Bear", "Rusty", "Ranger", "Bailey", "Skipper"),
    "CAT": ("Whiskers", "Smudge", "Mittens", "Socks", "Mochi", "Ember"),
    "RABBIT": ("Thumper", "Sorrel", "Cinnamon", "Hopscotch", "Thistle", "Cotton"),
    "BIRD": ("Tweety", "Zazu", "Skye", "Citrus", "Chirpy", "Piper"),
    "REPTILE": ("Spike", "Rango", "Shelly", "Gizmo", "Jade", "Draco"),
    "OTHER": ("Peanut", "Nibbles", "Hazelnut", "Popcorn", "Truffle", "Button"),
}
