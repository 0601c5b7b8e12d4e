using System.Collections.Immutable;
using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;

namespace Serverless.Api.Jobs;

/// <summary>
/// Reads <c>method.recipe</c>, which is ours: <c>{stages: [{type, &lt;type&gt;: {…}, adapter?, replay?, training_file?, validation_file?, model?}, …]}</c>. What a
/// stage leaves out it has from the job, and its model from the stage before.
/// </summary>
internal static class RecipeReader
{
    public const string Name = "recipe";

    private const int MaxStages = 8;

    /// <param name="method">The whole method.</param>
    /// <param name="adapter">The adapter of stages that name none.</param>
    /// <exception cref="InputError">There are no stages or too many, or a field of one is missing, wrong or not known.</exception>
    public static ImmutableArray<RecipeStageRequest> Read(RequestObject method, AdapterRequest adapter)
    {
        var own = method.Object(Name) ?? throw Refusal.Missing(method.PathOf(Name));
        string[] known = ["stages"];
        foreach (var field in own.Fields.Where(field => !known.Contains(field.Name)))
            throw Refusal.Unknown(own.PathOf(field.Name), known);
        var stages = own.Objects("stages") ?? throw Refusal.Missing(own.PathOf("stages"));
        var replay = ReplayReader.Read(method);
        return stages.Count switch
        {
            0 => throw Refusal.EmptyArray(own.PathOf("stages")),
            > MaxStages => throw Refusal.ArrayTooLong(own.PathOf("stages"), MaxStages, stages.Count),
            _ => [.. stages.Select((stage, at) => ReadStage(stage, at, adapter, replay))],
        };
    }

    private static RecipeStageRequest ReadStage(RequestObject stage, int at, AdapterRequest adapter, ReplayRequest? replay)
    {
        var method = MethodReader.ReadOne(stage, null);
        string[] known = ["type", stage.RequiredString("type"), "adapter", ReplayReader.Name, "training_file", "validation_file", "model"];
        foreach (var field in stage.Fields.Where(field => !known.Contains(field.Name)))
            throw Refusal.Unknown(stage.PathOf(field.Name), known);
        if (at == 0 && method.Distillation?.Teacher == DistillationRequest.Previous)
        {
            var path = stage.PathOf("distillation.teacher");
            throw new InputError($"'{path}' is '{DistillationRequest.Previous}', and no stage comes before this one: name a teacher.", path, "invalid_value");
        }
        if (stage.Value("model") is not null && method.Distillation?.Teacher != DistillationRequest.Previous)
        {
            var path = stage.PathOf("model");
            throw new InputError(
                $"'{path}' names the student of a distillation whose teacher is '{DistillationRequest.Previous}', and every other stage goes on with the model of the stage before: leave it out.", path, "invalid_value");
        }
        return new RecipeStageRequest
        {
            Model = stage.String("model", minLength: 1) is { } student ? new ModelId(student) : null,
            Method = method with { Replay = method.Replay ?? replay },
            Adapter = stage.Object("adapter") is { } named ? MethodReader.ReadAdapter(named) : adapter,
            TrainingFile = FileOf(stage, "training_file"),
            ValidationFile = FileOf(stage, "validation_file"),
        };
    }

    private static FileId? FileOf(RequestObject stage, string name) => stage.String(name, minLength: 1) is { } id ? new FileId(id) : null;
}
