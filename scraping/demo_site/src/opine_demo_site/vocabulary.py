"""Words that companies and reviews are made of."""

from __future__ import annotations

CATEGORIES: dict[str, tuple[str, ...]] = {
    "Home & Garden": ("Furniture Shop", "Garden Centre", "Lighting Shop"),
    "Food & Drink": ("Coffee Roaster", "Meal Kit Service", "Bakery"),
    "Travel & Holidays": ("Bicycle Rental", "Ferry Line", "Holiday Cottages"),
    "Electronics": ("Camera Shop", "Phone Repair", "Headphone Shop"),
}

PLACES = (
    "Alder",
    "Birch",
    "Clover",
    "Copper",
    "Dune",
    "Ember",
    "Fern",
    "Gull",
    "Harbour",
    "Heron",
    "Ivory",
    "Juniper",
    "Kestrel",
    "Lantern",
    "Maple",
    "Meadow",
    "North",
    "Otter",
    "Pebble",
    "Quarry",
    "River",
    "Saddle",
    "Thistle",
    "Umber",
    "Violet",
    "Willow",
)
TRADES: dict[str, tuple[str, ...]] = {
    "Furniture Shop": ("Joinery", "Interiors"),
    "Garden Centre": ("Gardens", "Nursery"),
    "Lighting Shop": ("Lamps", "Lights"),
    "Coffee Roaster": ("Roasters", "Coffee"),
    "Meal Kit Service": ("Kitchen", "Suppers"),
    "Bakery": ("Bakers", "Bread"),
    "Bicycle Rental": ("Cycles", "Wheels"),
    "Ferry Line": ("Ferries", "Crossings"),
    "Holiday Cottages": ("Cottages", "Stays"),
    "Camera Shop": ("Optics", "Cameras"),
    "Phone Repair": ("Repairs", "Mobile"),
    "Headphone Shop": ("Audio", "Sound"),
}
GOODS: dict[str, tuple[str, ...]] = {
    "Furniture Shop": ("table", "armchair", "bookcase"),
    "Garden Centre": ("roses", "lawn mower", "greenhouse"),
    "Lighting Shop": ("desk lamp", "chandelier", "bulbs"),
    "Coffee Roaster": ("espresso beans", "grinder", "subscription"),
    "Meal Kit Service": ("box", "vegetarian menu", "recipe cards"),
    "Bakery": ("sourdough", "birthday cake", "rolls"),
    "Bicycle Rental": ("tandem", "e-bike", "child seat"),
    "Ferry Line": ("crossing", "cabin", "car deck"),
    "Holiday Cottages": ("cottage", "garden flat", "lodge"),
    "Camera Shop": ("lens", "tripod", "second-hand camera"),
    "Phone Repair": ("screen", "battery", "speaker"),
    "Headphone Shop": ("earbuds", "headset", "amplifier"),
}

# By stars: {item} is what was bought, {days} a small number, {company} the company.
TITLES: dict[int, tuple[str, ...]] = {
    1: ("Avoid", "Never again", "Still waiting for my money", "Worst {item} I have bought", "A shambles"),
    2: ("Disappointing", "Expected better", "Not what was promised", "Poor service", "Too slow"),
    3: ("It is all right", "Mixed feelings", "Average", "Good {item}, slow service", "Could be better"),
    4: ("Very good", "Nearly perfect", "Happy with my {item}", "Would use again", "Solid"),
    5: ("Excellent", "Could not be happier", "Best {item} around", "Superb from start to finish", "Brilliant people"),
}
OPENINGS: dict[int, tuple[str, ...]] = {
    1: (
        "My {item} arrived broken and nobody at {company} cares.",
        "I paid for the {item} {days} weeks ago and have nothing to show for it.",
        "What a terrible experience with the {item} I ordered.",
        "The {item} stopped working after {days} days.",
    ),
    2: (
        "The {item} looks cheaper than in the pictures.",
        "It took {days} phone calls until somebody told me where my {item} was.",
        "I wanted to like {company}, but the {item} let me down.",
        "The {item} came {days} days late and without an apology.",
    ),
    3: (
        "The {item} does what it should, no more.",
        "Ordering the {item} was easy, getting an answer from {company} was not.",
        "Some parts of it were fine, others were not.",
        "My {item} is decent for the price, although it came {days} days late.",
    ),
    4: (
        "The {item} is just what I was looking for.",
        "{company} sent my {item} within {days} days.",
        "Good value and a friendly answer to my question about the {item}.",
        "I like the {item} a lot.",
    ),
    5: (
        "Absolutely love my new {item}!",
        "{company} went out of their way to help me choose the right {item}.",
        "The {item} came after {days} days, beautifully packed.",
        "This is my third {item} from {company} and it is perfect again.",
    ),
}
DETAILS: dict[int, tuple[str, ...]] = {
    1: (
        "The refund was promised three times and never came.",
        "Every mail is answered by the same useless text.",
        "They are rude on the phone and hang up.",
        "I feel cheated.",
        "The parts do not even fit together.",
    ),
    2: (
        "Support was slow and not much help.",
        "The instructions are a mess.",
        "I had to pay for the return myself.",
        "The box was open and something was missing.",
        "Half the price would have been fair.",
    ),
    3: (
        "The people were friendly, the website was not.",
        "Nothing special, nothing awful.",
        "The price is fair but the packaging was poor.",
        "It worked after a second attempt.",
        "I may or may not come back.",
    ),
    4: (
        "Only the delivery window could be shorter.",
        "The website is clear and quick.",
        "Well made and easy to use.",
        "A small scratch was put right without fuss.",
        "The staff know what they sell.",
    ),
    5: (
        "Wonderful service, fast and kind.",
        "The quality is outstanding.",
        "A problem was solved within the hour.",
        "Everything was explained with great patience.",
        "I recommend them to all my friends.",
    ),
}
CLOSINGS: dict[int, tuple[str, ...]] = {
    1: ("Stay away.", "I want my money back.", "Zero stars if I could."),
    2: ("I will look elsewhere next time.", "A pity.", "Not worth the trouble."),
    3: ("Fine for once.", "Let us see how long it lasts.", "Three stars seem fair."),
    4: ("Recommended.", "I would order again.", "Thank you."),
    5: ("Thank you so much!", "Ten out of ten.", "I will be back."),
}
REPLIES: dict[bool, tuple[str, ...]] = {
    False: (
        "Hi {first}, we are sorry to read this. Please write to us, so that we can put it right.",
        "Dear {first}, this is not what we stand for. We have sent you a message, {first}.",
    ),
    True: ("Hello {first}, thank you for your kind words!", "Hi {first}. We are glad that you like it. See you soon!"),
}

FIRST_NAMES = (
    "Ada",
    "Bram",
    "Chloe",
    "Dev",
    "Elif",
    "Femi",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kaya",
    "Liam",
    "Mina",
    "Noor",
    "Ola",
    "Petra",
)
LAST_NAMES = (
    "Abel",
    "Brook",
    "Castell",
    "Drummond",
    "Eriksen",
    "Falk",
    "Grover",
    "Holt",
    "Ilves",
    "Jansen",
    "Kerr",
    "Lund",
    "Moran",
    "Novak",
)
COUNTRIES = ("GB", "GB", "GB", "US", "US", "IE", "DE", "NL", "AU", "CA")
