"""Writes template-golden.json beside this file: every template of families/ with every conversation, rendered by Jinja2.

The templates are written for these tests, from what each family's format is: the tokens around each role, the place of rules, tools, calls
and results, and what is left out of the history. They use the constructs that such templates need. The environment is the one that Hugging Face
transformers builds for chat templates. Run with Debian's python3-jinja2 (3.1.2): `/usr/bin/python3 template_golden.py`.
"""
import copy
import datetime
import json
import pathlib

import jinja2
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment

HERE = pathlib.Path(__file__).parent
# What bos_token and eos_token hold.
TOKENS = {"llama-2": ("<s>", "</s>"), "llama-3": ("<|begin_of_text|>", "<|eot_id|>"), "llama-3.1": ("<|begin_of_text|>", "<|eot_id|>"),
          "mistral-v0.1": ("<s>", "</s>"), "mistral-v0.3": ("<s>", "</s>"), "qwen2.5": (None, "<|im_end|>"), "qwen3": (None, "<|im_end|>"),
          "r1-distill": ("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"), "gemma-2": ("<bos>", "<eos>"), "gemma-3": ("<bos>", "<eos>"),
          "phi-3": ("<s>", "<|endoftext|>"), "phi-4": (None, "<|im_end|>"), "phi-4-mini": (None, "<|endoftext|>"), "smollm2": ("<|im_start|>", "<|im_end|>")}
# Templates that take a call's arguments for the string that they are on the wire; to the others they are a dictionary.
ARGUMENTS_ARE_TEXT = {"r1-distill"}


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        next(parser.stream)
        return parser.parse_statements(["name:endgeneration"], drop_needle=True)


class Refused(jinja2.TemplateError):
    pass


def raise_exception(message):
    raise Refused(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"])
env.filters["tojson"] = tojson
env.globals.update(raise_exception=raise_exception, strftime_now=lambda form: datetime.datetime(2024, 7, 5, 9, 3, 2).strftime(form))


def say(role, content, **more):
    return {"role": role, "content": content, **more}


def call(name, arguments, id):
    return {"id": id, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}}


TOOLS = [
    {"type": "function", "function": {"name": "tide", "description": "Height of the tide in metres", "parameters": {
        "type": "object", "properties": {"place": {"type": "string", "enum": ["Kiel", "Brest"]}, "hour": {"type": "integer"}}, "required": ["place"]}}},
    {"type": "function", "function": {"name": "berth", "description": "A free berth \"now\" <ö>", "parameters": {"type": "object", "properties": {}}}},
]
RULES, ASK, TOLD = say("system", "You keep the harbour's log."), say("user", "When is high water at Kiel?"), say("assistant", "At 14:20.")
MORE, MORE_TOLD = say("user", "  And at Brest?\n"), say("assistant", "  At 16:05, a metre higher.\n")
TIDE = say("assistant", "", tool_calls=[call("tide", {"place": "Kiel", "hour": 14}, "tide00001")])
BOTH = say("assistant", "I look.", tool_calls=[call("tide", {"place": "Zoë's \"quay\"", "hour": 2.5}, "tide00001"), call("berth", {}, "berth0001")])
RESULT, OTHER = say("tool", '{"metres": 2.4}', tool_call_id="tide00001"), say("tool", "berth 7", tool_call_id="berth0001")
THOUGHT = say("assistant", "<think>\nThe table says 14:20.\n</think>\n\nAt 14:20.")
REASONED = say("assistant", "At 16:05.", reasoning_content="\nBrest is later.\n")

CONVERSATIONS = {
    "a question": ([ASK], None),
    "a question under rules": ([RULES, ASK], None),
    "one turn": ([ASK, TOLD], None),
    "one turn under rules": ([RULES, ASK, TOLD], None),
    "two turns": ([ASK, TOLD, MORE, MORE_TOLD], None),
    "two turns and a question under rules": ([RULES, ASK, TOLD, MORE, MORE_TOLD, say("user", "Thanks! 😀 naïve <b>&amp;</b>")], None),
    "tokens that a user typed": ([say("user", "<|im_end|></s><end_of_turn><|eot_id|> [/INST]{{ 1 }}"), TOLD], None),
    "tools": ([RULES, ASK], TOOLS),
    "tools without rules": ([ASK], TOOLS),
    "a call": ([ASK, TIDE], TOOLS),
    "a call, its result and the answer": ([RULES, ASK, TIDE, RESULT, TOLD], TOOLS),
    "a result to answer": ([ASK, TIDE, RESULT], TOOLS),
    "two calls at once": ([ASK, BOTH, RESULT, OTHER, TOLD, MORE, TIDE, RESULT, MORE_TOLD], TOOLS),
    "a call without content": ([ASK, {**TIDE, "content": None}, RESULT, TOLD], TOOLS),
    "a call with an id of another form": ([ASK, say("assistant", "", tool_calls=[call("berth", {}, "call_1")])], TOOLS),
    "thinking": ([ASK, THOUGHT], None),
    "thinking in two turns": ([RULES, ASK, THOUGHT, MORE, REASONED], None),
    "thinking between calls": ([ASK, {**TIDE, "reasoning_content": "I need the tide."}, RESULT, THOUGHT], TOOLS),
    "two questions in a row": ([ASK, MORE], None),
    "an answer first": ([TOLD, ASK], None),
    "rules in the middle": ([ASK, RULES, TOLD], None),
    "rules alone": ([RULES], None),
    "an empty answer": ([ASK, say("assistant", "")], None),
}


def render(name, template, messages, tools, prompt):
    messages = copy.deepcopy(messages)
    for one in (one for message in messages for one in message.get("tool_calls", ())):
        if name not in ARGUMENTS_ARE_TEXT:
            one["function"]["arguments"] = json.loads(one["function"]["arguments"])
    tokens = {key: token for key, token in zip(("bos_token", "eos_token"), TOKENS[name]) if token is not None}
    try:
        return {"text": template.render(messages=messages, tools=tools, documents=None, add_generation_prompt=prompt, **tokens)}
    except Refused as refusal:
        return {"refused": str(refusal)}
    except (jinja2.TemplateError, TypeError, AttributeError) as error:
        return {"fails": type(error).__name__}


cases = []
for name in TOKENS:
    template = env.from_string((HERE / "families" / f"{name}.jinja").read_text(encoding="utf-8"))
    for title, (messages, tools) in CONVERSATIONS.items():
        case = render(name, template, messages, tools, False)
        prompted = render(name, template, messages, tools, True)
        if "text" in case and prompted["text"].startswith(case["text"]):
            case["opening"] = prompted["text"][len(case["text"]):]
        elif prompted != case:
            case["prompted"] = prompted["text"]
        cases.append({"template": name, "conversation": title, **case})

document = {
    "reference": f"Jinja2 {jinja2.__version__}; see template_golden.py",
    "tokens": {name: {"bos": bos, "eos": eos} for name, (bos, eos) in TOKENS.items()},
    "conversations": {title: {"messages": messages, "tools": tools} for title, (messages, tools) in CONVERSATIONS.items()},
}
lines = ",\n".join("  " + json.dumps(case, ensure_ascii=False) for case in cases)
text = json.dumps(document, ensure_ascii=False, indent=1)[:-2] + f',\n "cases": [\n{lines}\n ]\n}}\n'
(HERE / "template-golden.json").write_text(text, encoding="utf-8")
