using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;

namespace Serverless.Api.Jobs;

/// <summary>Reads the body of <c>POST /v1/fine_tuning/jobs</c>, each field within its own limits.</summary>
internal static class JobRequestReader
{
    private const int MaxSuffix = 64;
    private const int MaxPairs = 16;
    private const int MaxKey = 64;
    private const int MaxValue = 512;

    /// <exception cref="InputError">A field is missing, wrong, or known but not offered.</exception>
    public static JobRequest Read(JsonElement json)
    {
        var body = new RequestObject(json, "");
        IntegrationsReader.Check(body);
        var (method, adapter, stages) = MethodReader.Read(body);
        // What a recipe comes to is compared as its last stage's.
        var reward = stages.IsEmpty ? method.Grader : stages[^1].Method.Grader;
        var graders = EvaluationReader.Graders(body, reward);
        return new JobRequest
        {
            Model = new ModelId(body.RequiredString("model", minLength: 1)),
            TrainingFile = ReadTrainingFile(body, stages),
            ValidationFile = body.String("validation_file", minLength: 1) is { } validation ? new FileId(validation) : null,
            Suffix = ReadSuffix(body),
            Seed = body.Integer("seed", 0, int.MaxValue),
            Method = method,
            Adapter = adapter,
            Stages = stages,
            Graders = graders,
            PublishIf = EvaluationReader.PublishIf(body, reward is { } rewarding ? [rewarding, .. graders] : graders),
            MergeDtype = body.OneOf("merge_dtype", ["bf16", "f32"]) switch { "bf16" => MergeDtype.Bf16, "f32" => MergeDtype.F32, _ => null },
            Budget = ReadBudget(body),
            Metadata = ReadMetadata(body),
        };
    }

    /// <summary>Ours: what the job may cost before it pauses itself, in the currency of the price table.</summary>
    public static double? ReadBudget(RequestObject body) => body.Number("budget") switch
    {
        null => null,
        > 0 and var budget => budget,
        var other => throw Refusal.NotAllowed("budget", "a number above 0", Refusal.Text(other.Value)),
    };

    /// <summary>A recipe whose stages all name their own needs no file besides.</summary>
    private static FileId ReadTrainingFile(RequestObject body, ImmutableArray<RecipeStageRequest> stages) =>
        !stages.IsEmpty && stages.All(stage => stage.TrainingFile is not null) && body.String("training_file", minLength: 1) is null
            ? stages[0].TrainingFile!.Value
            : new FileId(body.RequiredString("training_file", minLength: 1));

    /// <summary>The suffix becomes part of a name whose parts are separated by colons, and of paths.</summary>
    private static string? ReadSuffix(RequestObject body)
    {
        var suffix = body.String("suffix", 1, MaxSuffix);
        return suffix is null || suffix.All(one => char.IsAsciiLetterOrDigit(one) || one is '-' or '_' or '.')
            ? suffix
            : throw Refusal.NotAllowed("suffix", "letters, digits, '-', '_' and '.'", $"'{suffix}'");
    }

    /// <summary>The owner's own pairs, which evaluations have as well.</summary>
    public static ImmutableDictionary<string, string> ReadMetadata(RequestObject body)
    {
        if (body.Object("metadata") is not { } pairs)
            return ImmutableDictionary<string, string>.Empty;
        var read = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs.Fields)
        {
            if (pair.Name.Length is 0 or > MaxKey)
                throw Refusal.NotAllowed("metadata", $"keys of 1 to {MaxKey} characters", $"one of {pair.Name.Length}");
            read[pair.Name] = RequestObject.TextOf(pair.Value, pairs.PathOf(pair.Name), maxLength: MaxValue);
        }

        return read.Count > MaxPairs ? throw Refusal.TooManyProperties("metadata", MaxPairs, read.Count) : read.ToImmutable();
    }
}
