using Serverless.Learning.Evaluation;
using Serverless.Learning.Formats;

namespace Serverless.Learning.Tests.Formats;

public sealed class ModelCardTests
{
    private static readonly ModelCardFacts Facts = new()
    {
        Name = "ft:sample-8m::tickets:abc",
        BaseModel = "sample-8m",
        License = "mit",
        Method = "supervised fine-tuning with LoRA",
        CreatedAt = new DateTimeOffset(2026, 3, 4, 23, 0, 0, TimeSpan.FromHours(-5)),
        Endpoint = "http://127.0.0.1:7071/",
        Data = [new("training", "tickets.jsonl", 1200, 45678, "ab12"), new("validation", "held-out.jsonl", 100, 3800, "cd34")],
        HyperParameters = [new("rank", "16"), new("learning rate", "2E-4")],
        Curve = [new(1, 3.25, 1e-4), new(2, 1.5, 2e-4, 1.75)],
        Evaluation = [new("loss", 3.21987, 0.5), new("exactly right", 0.1, 0.925), new("rouge", null, 0.3)],
    };

    [Fact]
    public void The_whole_card_of_a_merged_model()
    {
        Assert.Equal(
            """"
            ---
            base_model: sample-8m
            license: mit
            library_name: transformers
            pipeline_tag: text-generation
            tags:
            - serverless
            - fine-tuned
            ---

            # ft:sample-8m::tickets:abc

            Made from sample-8m by supervised fine-tuning with LoRA with Serverless on 2026-03-05. This folder holds the whole model in Hugging Face's layout.

            ## How to call it

            From the service that made it, as any OpenAI client does:

            ```sh
            curl http://127.0.0.1:7071/v1/chat/completions -H 'Content-Type: application/json' \
              -d '{"model": "ft:sample-8m::tickets:abc", "messages": [{"role": "user", "content": "Hello"}]}'
            ```

            From this folder, with the Python library:

            ```python
            from transformers import AutoModelForCausalLM, AutoTokenizer
            model, tokenizer = AutoModelForCausalLM.from_pretrained("."), AutoTokenizer.from_pretrained(".")
            ```

            ## Data

            | use | file | examples | tokens | SHA-256 |
            |---|---|--:|--:|---|
            | training | tickets.jsonl | 1,200 | 45,678 | ab12 |
            | validation | held-out.jsonl | 100 | 3,800 | cd34 |

            ## Hyper-parameters

            | name | value |
            |---|---|
            | rank | 16 |
            | learning rate | 2E-4 |

            ## Training curve

            Loss in nats per supervised token.

            | step | loss | learning rate | validation loss |
            |--:|--:|--:|--:|
            | 1 | 3.25 | 1E-4 | – |
            | 2 | 1.5 | 2E-4 | 1.75 |

            ## Evaluation

            | measure | base | tuned |
            |---|--:|--:|
            | loss | 3.2199 | 0.5 |
            | exactly right | 0.1 | 0.925 |
            | rouge | – | 0.3 |

            """",
            ModelCard.Render(Facts));
    }

    [Fact]
    public void An_adapter_names_PEFT_and_its_base()
    {
        var card = ModelCard.Render(Facts with { IsAdapter = true, License = null, Endpoint = null });
        Assert.StartsWith("---\nbase_model: sample-8m\nlibrary_name: peft\n", card, StringComparison.Ordinal);
        Assert.Contains("- lora\n---\n", card, StringComparison.Ordinal);
        Assert.Contains("it needs the base model beside it.", card, StringComparison.Ordinal);
        Assert.Contains("AutoPeftModelForCausalLM", card, StringComparison.Ordinal);
        Assert.DoesNotContain("curl", card, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_curve_is_sampled_from_its_first_step_to_its_last()
    {
        var card = ModelCard.Render(Facts with { Curve = [.. Enumerable.Range(1, 1000).Select(step => new ModelCardPoint(step, 1.0 / step, 1e-4))] });
        var curve = card[card.IndexOf("## Training curve", StringComparison.Ordinal)..card.IndexOf("## Evaluation", StringComparison.Ordinal)];
        Assert.Contains("12 of 1000 steps.", curve, StringComparison.Ordinal);
        var steps = curve.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1).Select(line => line.Split('|')[1].Trim()).ToList();
        Assert.Equal(12, steps.Count);
        Assert.Equal(("1", "1,000"), (steps[0], steps[^1]));
    }

    [Fact]
    public void What_has_to_be_known_of_the_scores_stands_below_them_and_a_score_alone_may_have_an_interval()
    {
        var card = ModelCard.Render(Facts with
        {
            Evaluation = [new("validation reward accuracy", null, 0.75, null, (0.7, 0.8))], EvaluationNotes = ["The grader 'polite' could not grade 3 of 9 answers | at all"],
        });
        Assert.Contains("| validation reward accuracy | – | 0.75 (0.7 to 0.8) | – |\n\n- The grader 'polite' could not grade 3 of 9 answers \\| at all\n", card, StringComparison.Ordinal);
    }

    [Fact]
    public void Compared_answers_have_intervals_and_wins_and_are_shown_side_by_side()
    {
        var card = ModelCard.Render(Facts with
        {
            Evaluation = [new("validation loss", 3.2, 0.5), new("grader polite", 0.25, 0.75, (0.2, 0.3), (0.7, 0.8), "12 / 3 / 5")],
            Samples = [new("Where is it?", "shipping", "ing | x\nfoo", new string('a', 201))],
        });
        Assert.EndsWith(
            $"""
            ## Evaluation

            Means with their 95 % intervals (bootstrap); wins, losses and ties of the tuned model against the base, question by question.

            | measure | base | tuned | wins / losses / ties |
            |---|--:|--:|--:|
            | validation loss | 3.2 | 0.5 | – |
            | grader polite | 0.25 (0.2 to 0.3) | 0.75 (0.7 to 0.8) | 12 / 3 / 5 |

            ## Sample answers

            Greedy answers to the first questions of the validation file, cut after 200 characters.

            | question | expected | base | tuned |
            |---|---|---|---|
            | Where is it? | shipping | ing \| x foo | {new string('a', 200)}… |

            """.ReplaceLineEndings("\n"),
            card, StringComparison.Ordinal);
    }

    [Fact]
    public void Sections_without_facts_are_left_out()
    {
        var card = ModelCard.Render(Facts with { Curve = [], Evaluation = [] });
        Assert.DoesNotContain("## Training curve", card, StringComparison.Ordinal);
        Assert.DoesNotContain("## Evaluation", card, StringComparison.Ordinal);
    }

    [Fact]
    public void The_card_says_how_far_the_stored_weights_agree_with_the_trained_ones()
    {
        var card = ModelCard.Render(Facts with
        {
            Merge = new MergeAgreement { Positions = 512, LargestLogitDifference = 0.03125, Divergence = 0.0000125, SameToken = 0.9961 },
        });
        Assert.EndsWith(
            "\n## As trained and as stored\n\nAt 512 positions of the data, these weights and those that were trained gave logits that differ by at most " +
            "3.13E-2, distributions with a mean divergence of 1.25E-5 nats, and the same likeliest token in 99.61%.\n",
            card, StringComparison.Ordinal);
        Assert.DoesNotContain("As trained and as stored", ModelCard.Render(Facts), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a|b", "a\\|b")]
    [InlineData("a\nb", "a b")]
    [InlineData("<img src=x>", "\\<img src=x\\>")]
    [InlineData("[x](y)", "\\[x\\](y)")]
    [InlineData("`rm` *_~", "\\`rm\\` \\*\\_\\~")]
    [InlineData("back\\slash", "back\\\\slash")]
    [InlineData("&lt;", "\\&lt;")]
    [InlineData("http://evil www.evil.com", "http\\://evil www\\.evil.com")]
    [InlineData("Größe 世界", "Größe 世界")]
    public void A_file_name_stays_in_its_cell(string name, string escaped)
    {
        var card = ModelCard.Render(Facts with { Data = [new("training", name, 1, 2, "ab")] });
        Assert.Contains($"\n| training | {escaped} | 1 | 2 | ab |\n", card, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Qwen/Qwen2.5-0.5B", "Qwen/Qwen2.5-0.5B")]
    [InlineData("a: b", "\"a: b\"")]
    [InlineData("x\n---\nevil: 1", "\"x\\n---\\nevil: 1\"")]
    [InlineData("true", "\"true\"")]
    [InlineData("1.5", "\"1.5\"")]
    [InlineData("", "\"\"")]
    public void A_base_model_stays_one_value_of_the_front_matter(string name, string yaml) => Assert.StartsWith(
        $"---\nbase_model: {yaml}\nlicense: mit\n", ModelCard.Render(Facts with { BaseModel = name }), StringComparison.Ordinal);

    [Fact]
    public void A_model_name_cannot_leave_the_quotes_of_the_shell()
    {
        var card = ModelCard.Render(Facts with { Name = "a'; rm -rf /; '\"" });
        Assert.Contains("-d '{\"model\": \"a'\\''; rm -rf /; '\\''\\\"\", ", card, StringComparison.Ordinal);
    }
}
