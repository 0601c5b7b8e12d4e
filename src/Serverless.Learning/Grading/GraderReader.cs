using System.Text.Json;
using Serverless.Learning.Data;
using Serverless.Learning.Grading.Formulas;
using Serverless.Learning.Grading.Similarity;

namespace Serverless.Learning.Grading;

/// <summary>Reads graders, listing all that is wrong with them.</summary>
internal static class GraderReader
{
    private const string Types = "string_check, text_similarity, number_match, format, score_model, label_model, multi";
    private const string PartTypes = "string_check, text_similarity, number_match, format, score_model, label_model";
    private const string OutputText = "{{sample.output_text}}";

    private static readonly Dictionary<string, StringCheckOperation> Operations = new(StringComparer.Ordinal)
    {
        ["eq"] = StringCheckOperation.Equal,
        ["ne"] = StringCheckOperation.NotEqual,
        ["like"] = StringCheckOperation.Contains,
        ["ilike"] = StringCheckOperation.ContainsAnyCase,
    };

    private static readonly Dictionary<string, TextMetric> Metrics = new(StringComparer.Ordinal)
    {
        ["fuzzy_match"] = TextMetric.FuzzyMatch,
        ["bleu"] = TextMetric.Bleu,
        ["gleu"] = TextMetric.Gleu,
        ["rouge_1"] = TextMetric.Rouge1,
        ["rouge_2"] = TextMetric.Rouge2,
        ["rouge_3"] = TextMetric.Rouge3,
        ["rouge_4"] = TextMetric.Rouge4,
        ["rouge_5"] = TextMetric.Rouge5,
        ["rouge_l"] = TextMetric.RougeL,
    };

    /// <summary>The grader; null, or one that must not be used, with faults listed, if something is wrong with it.</summary>
    public static Grader? Read(JsonPlace place, JsonElement json, bool insideMulti)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            place.Fault($"found {JsonPlace.Describe(json)}; allowed: a grader, an object with a type");
            return null;
        }
        var fields = new GraderFields(place, json);
        var type = fields.Text("type", insideMulti ? PartTypes : Types);
        return type switch
        {
            null => null,
            "string_check" => StringCheck(fields),
            "text_similarity" => TextSimilarity(fields),
            "number_match" => NumberMatch(fields),
            "format" => Format(fields),
            "score_model" => ModelGraderReader.ScoreModel(fields),
            "label_model" => ModelGraderReader.LabelModel(fields),
            "multi" when !insideMulti => Multi(fields),
            "python" => fields.Refuse<Grader>("type", "found \"python\", code that this service would have to run and does not; "
                + "use string_check, number_match, format or text_similarity, and combine them with multi"),
            _ => fields.Refuse<Grader>("type", $"found \"{type}\"; allowed: {(insideMulti ? PartTypes : Types)}"),
        };
    }

    private static StringCheckGrader? StringCheck(GraderFields fields)
    {
        var (name, operation) = (fields.Name(), fields.Among("operation", Operations));
        var (input, reference) = (fields.Template("input"), fields.Template("reference"));
        return name is null || operation is null || input is null || reference is null
            ? null
            : new StringCheckGrader(name, operation.Value, input, reference);
    }

    private static TextSimilarityGrader? TextSimilarity(GraderFields fields)
    {
        var (name, input, reference) = (fields.Name(), fields.Template("input"), fields.Template("reference"));
        var metric = Metric(fields);
        var threshold = fields.Number("pass_threshold", 1, 0, 1);
        return name is null || input is null || reference is null || metric is null
            ? null
            : new TextSimilarityGrader(name, metric.Value, input, reference, threshold);
    }

    private static TextMetric? Metric(GraderFields fields) => fields.OptionalText("evaluation_metric") switch
    {
        "cosine" => fields.RefuseValue<TextMetric>("evaluation_metric", "found \"cosine\", which compares embeddings, and this service has no embedding model; "
            + "use fuzzy_match, bleu, gleu or rouge_l"),
        "meteor" => fields.RefuseValue<TextMetric>("evaluation_metric", "found \"meteor\", which needs the synonyms of WordNet, and this service does not have them; "
            + "use gleu or rouge_l"),
        _ => fields.Among("evaluation_metric", Metrics),
    };

    private static NumberMatchGrader? NumberMatch(GraderFields fields)
    {
        var (name, input, reference) = (fields.Name(), fields.Template("input", OutputText), fields.Template("reference"));
        var tolerance = fields.Number("tolerance", 0, 0, 1e15);
        return name is null || input is null || reference is null ? null : new NumberMatchGrader(name, input, reference, tolerance);
    }

    private static FormatGrader? Format(GraderFields fields)
    {
        var (name, input) = (fields.Name(), fields.Template("input", OutputText));
        var seconds = fields.Number("time_limit_seconds", 1, 0.001, 10);
        if (fields.Has("builtin") && !fields.Has("pattern"))
            return fields.Among("builtin", new Dictionary<string, bool>(StringComparer.Ordinal) { ["think"] = true }) is not null && name is not null && input is not null
                ? new FormatGrader(name, input, null)
                : null;
        if (fields.Has("builtin"))
            return fields.Refuse<FormatGrader>("builtin", "found a builtin and a pattern; allowed: one of them");
        if (fields.Text("pattern", "a regular expression, or builtin: think") is not { } pattern)
            return null;
        if (pattern.Length > FormatGrader.MostPatternCharacters)
            return fields.Refuse<FormatGrader>("pattern", FormattableString.Invariant($"found {pattern.Length:N0} characters; allowed: at most {FormatGrader.MostPatternCharacters:N0}"));
        try
        {
            var compiled = FormatGrader.Compile(pattern, TimeSpan.FromSeconds(seconds));
            return name is null || input is null ? null : new FormatGrader(name, input, compiled);
        }
        catch (System.Text.RegularExpressions.RegexParseException error)
        {
            return fields.Refuse<FormatGrader>("pattern", $"position {error.Offset + 1}: {error.Error}; allowed: a regular expression of .NET");
        }
    }

    private static MultiGrader? Multi(GraderFields fields)
    {
        var name = fields.Name();
        var threshold = fields.Number("pass_threshold", 1, double.MinValue, double.MaxValue);
        var text = fields.Text("calculate_output", "a formula over the names of the graders");
        if (fields.Parts("graders") is not { } given)
            return null;
        var parts = new List<KeyValuePair<string, Grader>>();
        foreach (var (place, part, json) in given)
        {
            if (!part.All(FormulaParser.IsNamePart) || part.Length == 0 || char.IsAsciiDigit(part[0]) || FormulaFunctions.Names.Contains(part))
                place.Fault($"found the name \"{part}\"; allowed: letters, digits and _, not a digit first and no function of formulas");
            if (Read(place, json, insideMulti: true) is { } grader)
                parts.Add(KeyValuePair.Create(part, grader));
        }
        var formula = text is null ? null : Formula.Parse(text, [.. given.Select(part => part.Name)], fields.Place("calculate_output"));
        return name is null || formula is null ? null : new MultiGrader(name, parts, formula, threshold);
    }
}
