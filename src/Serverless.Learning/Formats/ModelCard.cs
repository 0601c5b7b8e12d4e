using System.Globalization;
using System.Text;
using Serverless.Learning.Evaluation;
using static Serverless.Learning.Formats.ModelCardEscape;

namespace Serverless.Learning.Formats;

/// <summary>
/// The README.md of a published model: Markdown with the front matter of Hugging Face's model cards
/// (https://huggingface.co/docs/hub/model-cards). The same facts give the same text.
/// </summary>
public static class ModelCard
{
    public const string FileName = "README.md";

    private const int CurveRows = 12;
    private const int MaxCell = 200;

    /// <summary>Writes <see cref="Render"/>'s text into the folder, whole or not at all.</summary>
    public static void Write(string folder, ModelCardFacts facts) =>
        AtomicFile.Write(Path.Combine(folder, FileName), Encoding.UTF8.GetBytes(Render(facts)));

    /// <summary>The card's text. Names that users gave are escaped: they can neither form markup nor leave their line.</summary>
    public static string Render(ModelCardFacts facts)
    {
        var card = new StringBuilder();
        FrontMatter(card, facts);
        WhatItIs(card, facts);
        HowToCall(card, facts);
        Stages(card, facts.Stages);
        Section(card, "Data");
        Table(card, "| use | file | examples | tokens | SHA-256 |\n|---|---|--:|--:|---|", facts.Data, data =>
            [Markdown(data.Use), Markdown(data.FileName), Whole(data.Examples), Whole(data.Tokens), Markdown(data.Sha256)]);
        Section(card, "Hyper-parameters");
        Table(card, "| name | value |\n|---|---|", facts.HyperParameters, entry => [Markdown(entry.Key), Markdown(entry.Value)]);
        Curve(card, facts.Curve);
        Evaluation(card, facts.Evaluation);
        Notes(card, facts.EvaluationNotes);
        Samples(card, facts.Samples);
        Merge(card, facts.Merge);
        return card.ToString();
    }

    private static void FrontMatter(StringBuilder card, ModelCardFacts facts)
    {
        card.Append("---\n");
        card.Append(CultureInfo.InvariantCulture, $"base_model: {Yaml(facts.BaseModel)}\n");
        if (facts.License is { } license)
            card.Append(CultureInfo.InvariantCulture, $"license: {Yaml(license)}\n");
        card.Append(CultureInfo.InvariantCulture, $"library_name: {(facts.IsAdapter ? "peft" : "transformers")}\n");
        card.Append("pipeline_tag: text-generation\ntags:\n- serverless\n- fine-tuned\n");
        if (facts.IsAdapter)
            card.Append("- lora\n");
        card.Append("---\n");
    }

    private static void WhatItIs(StringBuilder card, ModelCardFacts facts)
    {
        card.Append(CultureInfo.InvariantCulture, $"\n# {Markdown(facts.Name)}\n\n");
        card.Append(CultureInfo.InvariantCulture, $"Made from {Markdown(facts.BaseModel)} by {Markdown(facts.Method)}");
        card.Append(CultureInfo.InvariantCulture, $" with Serverless on {facts.CreatedAt.UtcDateTime:yyyy-MM-dd}. ");
        card.Append(facts.IsAdapter
            ? "This folder holds a LoRA adapter in PEFT's layout; it needs the base model beside it.\n"
            : "This folder holds the whole model in Hugging Face's layout.\n");
    }

    private static void HowToCall(StringBuilder card, ModelCardFacts facts)
    {
        Section(card, "How to call it");
        if (facts.Endpoint is { } endpoint)
        {
            card.Append("From the service that made it, as any OpenAI client does:\n\n```sh\n");
            card.Append(CultureInfo.InvariantCulture, $"curl {endpoint.TrimEnd('/')}/v1/chat/completions -H 'Content-Type: application/json' \\\n");
            card.Append(CultureInfo.InvariantCulture, $"  -d '{{\"model\": {JsonInShell(facts.Name)}, \"messages\": [{{\"role\": \"user\", \"content\": \"Hello\"}}]}}'\n");
            card.Append("```\n\n");
        }

        card.Append("From this folder, with the Python library:\n\n```python\n");
        card.Append(facts.IsAdapter
            ? "from peft import AutoPeftModelForCausalLM\nmodel = AutoPeftModelForCausalLM.from_pretrained(\".\")\n"
            : "from transformers import AutoModelForCausalLM, AutoTokenizer\nmodel, tokenizer = AutoModelForCausalLM.from_pretrained(\".\"), AutoTokenizer.from_pretrained(\".\")\n");
        card.Append("```\n");
    }

    private static void Stages(StringBuilder card, IReadOnlyList<ModelCardStage> stages)
    {
        if (stages.Count == 0)
            return;
        Section(card, "Stages");
        card.Append("Each starts from the model of the one before. Scores are means over the validation file with their 95 % intervals (bootstrap).\n\n");
        Table(card, "| stage | method | steps | training loss | scores of its model |\n|--:|---|---|--:|---|", stages.Index(), entry =>
        [
            Whole(entry.Index + 1), Markdown(entry.Item.Method), $"{Whole(entry.Item.FirstStep)} to {Whole(entry.Item.LastStep)}", Decimals(entry.Item.Loss),
            ScoresOf(entry.Item) is { Count: > 0 } scores ? string.Join(", ", scores) : "–",
        ]);

        static List<string> ScoresOf(ModelCardStage stage) =>
        [
            .. stage.Scores.Select(score => $"{Markdown(score.Metric)} {Decimals(score.Mean.Mean, (score.Mean.Low, score.Mean.High))}"),
            .. stage.GeneralLoss is { } loss ? [$"loss on general text {Decimals(loss)}"] : Array.Empty<string>(),
        ];
    }

    private static void Curve(StringBuilder card, IReadOnlyList<ModelCardPoint> points)
    {
        if (points.Count == 0)
            return;
        Section(card, "Training curve");
        if (points.Count > CurveRows)
            card.Append(CultureInfo.InvariantCulture, $"{CurveRows} of {points.Count} steps. ");
        card.Append("Loss in nats per supervised token.\n\n");

        var hasValidation = points.Any(point => point.ValidationLoss is not null);
        var rows = points.Count <= CurveRows
            ? points
            : [.. Enumerable.Range(0, CurveRows).Select(row => points[(int)Math.Round((double)row * (points.Count - 1) / (CurveRows - 1))])];
        Table(
            card,
            hasValidation ? "| step | loss | learning rate | validation loss |\n|--:|--:|--:|--:|" : "| step | loss | learning rate |\n|--:|--:|--:|",
            rows,
            point => hasValidation
                ? [Whole(point.Step), Decimals(point.Loss), Scientific(point.LearningRate), Decimals(point.ValidationLoss)]
                : [Whole(point.Step), Decimals(point.Loss), Scientific(point.LearningRate)]);
    }

    private static void Evaluation(StringBuilder card, IReadOnlyList<ModelCardScore> scores)
    {
        if (scores.Count == 0)
            return;
        Section(card, "Evaluation");
        if (scores.All(score => score is { WinsLossesTies: null, TunedInterval: null }))
        {
            Table(card, "| measure | base | tuned |\n|---|--:|--:|", scores, score =>
                [Markdown(score.Measure), Decimals(score.Base), Decimals(score.Tuned)]);
            return;
        }
        card.Append("Means with their 95 % intervals (bootstrap); wins, losses and ties of the tuned model against the base, question by question.\n\n");
        Table(card, "| measure | base | tuned | wins / losses / ties |\n|---|--:|--:|--:|", scores, score =>
            [Markdown(score.Measure), Decimals(score.Base, score.BaseInterval), Decimals(score.Tuned, score.TunedInterval), score.WinsLossesTies ?? "–"]);
    }

    private static void Notes(StringBuilder card, IReadOnlyList<string> notes)
    {
        if (notes.Count > 0)
            card.Append('\n');
        foreach (var note in notes)
            card.Append(CultureInfo.InvariantCulture, $"- {Markdown(note)}\n");
    }

    private static void Merge(StringBuilder card, MergeAgreement? merge)
    {
        if (merge is null)
            return;
        Section(card, "As trained and as stored");
        card.Append(CultureInfo.InvariantCulture, $"At {Whole(merge.Positions)} positions of the data, these weights and those that were trained gave ");
        card.Append(CultureInfo.InvariantCulture, $"logits that differ by at most {Scientific(merge.LargestLogitDifference)}, distributions with a mean ");
        card.Append(CultureInfo.InvariantCulture, $"divergence of {Scientific(merge.Divergence)} nats, and the same likeliest token ");
        card.Append(CultureInfo.InvariantCulture, $"in {merge.SameToken:0.##%}.\n");
    }

    private static void Samples(StringBuilder card, IReadOnlyList<ModelCardSample> samples)
    {
        if (samples.Count == 0)
            return;
        Section(card, "Sample answers");
        card.Append("Greedy answers to the first questions of the validation file, cut after 200 characters.\n\n");
        Table(card, "| question | expected | base | tuned |\n|---|---|---|---|", samples, sample =>
            [Cut(sample.Prompt), Cut(sample.Expected ?? "–"), Cut(sample.Base), Cut(sample.Tuned)]);
    }

    /// <summary>A cell of bounded length; a pair of surrogates is not torn apart.</summary>
    private static string Cut(string text) => text.Length <= MaxCell
        ? Markdown(text)
        : $"{Markdown(text[..(char.IsHighSurrogate(text[MaxCell - 1]) ? MaxCell - 1 : MaxCell)])}…";

    private static void Section(StringBuilder card, string title) => card.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n");

    private static void Table<TRow>(StringBuilder card, string head, IEnumerable<TRow> rows, Func<TRow, string[]> cells)
    {
        card.Append(head).Append('\n');
        foreach (var row in rows)
            card.Append("| ").AppendJoin(" | ", cells(row)).Append(" |\n");
    }

    private static string Whole(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Decimals(double? number) => number?.ToString("0.####", CultureInfo.InvariantCulture) ?? "–";

    private static string Decimals(double? number, (double Low, double High)? interval) =>
        interval is { } ends ? $"{Decimals(number)} ({Decimals(ends.Low)} to {Decimals(ends.High)})" : Decimals(number);

    private static string Scientific(double number) => number.ToString("0.##E+0", CultureInfo.InvariantCulture);
}
