"""Conversations in support rooms of the demo store: questions of customers, and answers of its staff."""

from typing import Final

Conversation = tuple[str, ...]
"""Texts in turns, the customer's first. `{pet}` is a pet of the shop, `{customer}` and `{agent}` are first names."""

WAITING: Final[tuple[Conversation, ...]] = (
    ("Hello! Is {pet} still there? We could come and visit on Saturday morning.",),
    (
        "Good morning, I ordered {pet} last week and have not heard anything since.",
        "Good morning {customer}! Let me look that up. Could you tell me the last characters of the order's number?",
        "I only have the confirmation on my other phone. I paid by card on Tuesday, if that helps.",
    ),
    (
        "Hi, may I bring my own carrier when I collect {pet}, or do you lend one?",
        "Hi {customer}, your own is fine, as long as it closes well and {pet} can turn round in it.",
        "It is a soft one with a zip. Is that all right?",
    ),
)
"""Conversations whose last message is not answered."""

ANSWERED: Final[tuple[Conversation, ...]] = (
    (
        "How old should children be for {pet}? Ours are four and seven.",
        "Seven is fine, and four is too with you beside them. {pet} likes calm hands. Would you like to meet first?",
    ),
    (
        "Does {pet} get along with an older cat?",
        (
            "We do not know yet, {customer}. We would bring them together slowly: first scents, then a door ajar, "
            "and two weeks of patience."
        ),
        "That sounds sensible. I will talk to my partner.",
        "Take your time. I will keep the room open for you.",
    ),
    (
        "My landlord wants a letter that says what kind of animal it is. Can you write one about {pet}?",
        "Of course. It will be with you by tomorrow noon, with age, size and vaccinations.",
    ),
)
"""The customer has an answer, and may come back to it."""

ENDED: Final[tuple[Conversation, ...]] = (
    (
        "What does {pet} eat at the moment? I would like to have the same at home.",
        (
            "I have asked in the kitchen: the same food twice a day, and fresh water always. We give you a bag for the "
            "first three days."
        ),
        "Perfect, thank you!",
    ),
    (
        "I would like to cancel my order, we found a pet closer to home.",
        "No problem, {customer}. Open the order and choose Cancel; the money goes back to where it came from.",
        "Done. Thank you for being so quick.",
    ),
    (
        "Where do I see when {pet} will be handed over?",
        "On the page of your order. It also says so as soon as anything changes.",
        "Found it.",
    ),
    (
        "Is {pet} vaccinated and chipped?",
        "Both are on the pet's page, under health. You get the papers when you collect.",
        "And do you know the date of the next vaccination?",
        "It is in the papers, {customer}; your vet will remind you, too.",
        "Great, see you on Friday.",
    ),
    (
        "{pet} does not want to leave the box since yesterday evening. Is that normal?",
        (
            "On the first day, yes. Leave the box open, keep the room quiet and put water near it. If nothing is eaten "
            "by tomorrow evening, ask your vet."
        ),
        "{pet} has just come out and is eating. Thank you!",
        "Lovely to hear. Enjoy the evening!",
    ),
    (
        "My card was declined, though there is enough money on it.",
        "That comes from your bank, {customer}; often it helps to confirm the payment in their app and to try again.",
        "That was it, thank you.",
    ),
    (
        "Do you take back the carrier that you lent me?",
        "Gladly, on any day between nine and five.",
        "Good, I will come by on my way home.",
    ),
    (
        "We have had {pet} for a month now and wanted to say thank you. Everybody here is in love.",
        "What a good start to the day! All the best to all of you, from {agent} and everybody here.",
    ),
)
"""Closed by whoever answered."""
