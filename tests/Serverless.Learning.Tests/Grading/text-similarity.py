# Writes text-similarity.json beside this file: pairs of texts with what the reference packages make of them.
# Run with Python 3 and: pip install sacrebleu==2.6.0 nltk==3.8.1 rapidfuzz==3.14.6 rouge-score==0.1.2
# The values beside it were written with sacreBLEU and NLTK from their source repositories, RapidFuzz 3.14.5 in its Python form, and ROUGE
# from a transcription of rouge_score's scoring functions: running this with the packages above checks them once more.
import json
import pathlib

from nltk.translate.gleu_score import sentence_gleu
from rapidfuzz import fuzz
from rouge_score import rouge_scorer
from sacrebleu.metrics.bleu import BLEU

PAIRS = [
    ("The quick brown fox jumps over the lazy dog.", "The quick brown fox jumps over the lazy dog."),
    ("the cat sat on the mat", "there is a cat on the mat"),
    ("the the the the the the the", "the cat is on the mat"),
    ("It is a guide to action which ensures that the military always obeys the commands of the party",
     "It is a guide to action that ensures that the military will forever heed Party commands"),
    ("It is to insure the troops forever hearing the activity guidebook that party direct",
     "It is a guide to action that ensures that the military will forever heed Party commands"),
    ("", ""),
    ("", "something"),
    ("something", ""),
    (" \n\t ", "x"),
    ("yes", "yes"),
    ("yes", "no"),
    ("Yes.", "yes"),
    ("billing", "shipping"),
    ("one two", "one two three four five six seven"),
    ("one two three four five six seven", "one two"),
    ("a b c d e f g", "g f e d c b a"),
    ("a a b b", "a b a b"),
    ("The price is $1,234.50, not 12.5%!", "The price is $1,234.5; not 12.5 %!"),
    ("costs 3.14 and 2,718 and .5 and 5. or 5, then", "costs 3.14 and 2,718 and 0.5 and 5 . or 5 , then"),
    ("state-of-the-art 2024-05-06 3-4 a-b -5", "state of the art 2024 - 05 - 06 3 - 4 a - b - 5"),
    ("He said &quot;R&amp;D&quot; &lt;b&gt; &amp;lt;", "He said \"R&D\" <b> &lt;"),
    ("broken-\nword and\nnew lines <skipped> here-\n", "brokenword and new lines here-"),
    ("don't can't it's o'clock", "do n't ca n't it 's o clock"),
    ("{\"city\": \"Paris\", \"days\": [1, 2]}", "{\"city\":\"Paris\",\"days\":[1,2]}"),
    ("x = (a + b) * c / d ^ 2 @ home ~ [y] `z` | w \\ v", "x=(a+b)*c/d^2@home~[y]`z`|w\\v"),
    ("...", "..,."),
    ("Ä quick brown Füchs", "A quick brown Fuchs"),
    ("naïve café 😀😀", "naive cafe 😀"),
    ("日本語のテキスト", "日本語の文書"),
    ("İstanbul is large", "istanbul is large"),
    ("300 \u212a and ſ", "300 k and s"),
    ("no\u00a0break\u2003space\u001cunit", "no break space unit"),
    ("Zoë,Łódź.Ω", "Zoë , Łódź . Ω"),
    ("deletion insertion subsitution", "deletion insertion substitution"),
    ("kitten", "sitting"),
    ("Where is my parcel? It should have come on Monday.", "My parcel should have arrived on Monday. Where is it?"),
    ("To be or not to be, that is the question: whether 'tis nobler in the mind to suffer the slings and arrows of outrageous fortune",
     "To be, or not to be: that is the question. Is it nobler to suffer the slings of outrageous fortune, or to take arms?"),
    (" ".join(f"w{i % 17}" for i in range(150)), " ".join(f"w{i * 7 % 23}" for i in range(140))),
    ("abcdefghij" * 20, "acegi" * 30 + "bdfhj" * 12),
    ("ROUGE-1 counts 1-grams", "rouge 1 counts 1 grams"),
    ("snake_case_name and CamelCase", "snake case name and camelcase"),
]

bleu = BLEU(effective_order=True)
rouges = [f"rouge{n}" for n in range(1, 6)] + ["rougeL"]
rouge = rouge_scorer.RougeScorer(rouges, use_stemmer=False)

cases = []
for candidate, reference in PAIRS:
    scores = rouge.score(reference, candidate)
    cases.append({
        "candidate": candidate,
        "reference": reference,
        "bleu": bleu.sentence_score(candidate, [reference]).score / 100,
        "gleu": sentence_gleu([reference.split()], candidate.split()),
        "fuzzy_match": fuzz.ratio(candidate, reference) / 100,
        **{f"rouge_{n}": scores[f"rouge{n}"].fmeasure for n in range(1, 6)},
        "rouge_l": scores["rougeL"].fmeasure,
    })

target = pathlib.Path(__file__).with_suffix(".json")
target.write_text(json.dumps(cases, ensure_ascii=True, indent=1) + "\n", encoding="utf-8")
