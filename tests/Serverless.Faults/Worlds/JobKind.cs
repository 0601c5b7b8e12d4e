using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Service.Jobs;
using Serverless.Tests;
using Serverless.Tests.Heads;

namespace Serverless.Faults.Worlds;

/// <summary>A kind of job that faults happen to: a method with a little data. The same kind on the same model always gives the same weights.</summary>
/// <param name="Name">How logs call it.</param>
/// <param name="Method">What its files are made for.</param>
/// <param name="Examples">The lines of its training file.</param>
/// <param name="Request">The field <c>method</c> of its request, for a base model.</param>
internal sealed record JobKind(string Name, MethodType Method, int Examples, Func<string, string> Request)
{
    // Rewards a letter, which even random weights write now and then.
    private const string Letter = """{"type": "string_check", "name": "letter", "operation": "like", "input": "{{sample.output_text}}", "reference": "{{item.letter}}"}""";
    private const string Adapter = """ "adapter": {"type": "lora", "rank": 4} """;

    /// <summary>Supervised for some seconds, in many steps: most faults happen in the middle of it.</summary>
    public static JobKind Long { get; } = Supervised("supervised", examples: 60, tiny: 30, real: 5);

    /// <summary>The same several times as long: most of it is still before it when a slow storage has its first checkpoint.</summary>
    public static JobKind Longer { get; } = Supervised("longer", examples: 180, tiny: 50, real: 2);

    /// <summary>Every method, each for about a second on the tiny model.</summary>
    public static IReadOnlyList<JobKind> All { get; } =
    [
        Long,
        new("dpo", MethodType.Dpo, 24, model => $$"""{"type": "dpo", "dpo": {"hyperparameters": {{Hyperparameters(Epochs(model, 10, 3), 4)}} }, {{Adapter}}}"""),
        new("reinforcement", MethodType.Reinforcement, 12, model => Reinforcement(Epochs(model, 4, 2))),
        // Random weights have nothing to teach: first they learn what they pass on.
        new("distillation", MethodType.Supervised, 36, _ =>
            $$"""
            {"type": "recipe", "adapter": {"type": "full"}, "recipe": {"stages": [{"type": "supervised", "supervised": {"hyperparameters": {{Hyperparameters(16, 4, 0.01)}} } },
              {"type": "distillation", "distillation": {"teacher": "previous", "n": 2, "max_completion_tokens": 12, "hyperparameters": {{Hyperparameters(4, 4)}} } }]} }
            """),
        new("pretraining", MethodType.Pretraining, 40, model =>
            $$"""{"type": "pretraining", "pretraining": {"hyperparameters": {"n_epochs": {{Epochs(model, 20, 6)}}, "batch_size": 2, "learning_rate": 0.002, "max_sequence_length": 32} } }"""),
        new("recipe", MethodType.Reinforcement, 12, model =>
            $$"""
            {"type": "recipe", {{Adapter}}, "recipe": {"stages": [{{Reinforcement(Epochs(model, 3, 1))}}, {{Reinforcement(Epochs(model, 3, 1))}}]} }
            """),
    ];

    /// <summary>The training file.</summary>
    public string Content => MethodData.Of(Method, Examples);

    /// <summary>The body that creates the job.</summary>
    public JsonObject Body(string model, string trainingFile) => new()
    {
        ["model"] = model,
        ["training_file"] = trainingFile,
        ["seed"] = 7,
        ["method"] = JsonNode.Parse(Request(model)),
    };

    private static JobKind Supervised(string name, int examples, int tiny, int real) => new(name, MethodType.Supervised, examples, model =>
        $$"""{"type": "supervised", "supervised": {"hyperparameters": {{Hyperparameters(Epochs(model, tiny, real), 2)}} }, {{Adapter}}}""");

    private static string Reinforcement(int epochs) =>
        $$"""
        {"type": "reinforcement", "reinforcement": {"grader": {{Letter}},
          "hyperparameters": {"n_epochs": {{epochs}}, "batch_size": 4, "learning_rate": 0.002, "group_size": 6, "max_completion_tokens": 6, "beta": 0.05} } }
        """;

    private static string Hyperparameters(int epochs, int batchSize, double learningRate = 0.002) =>
        JsonSerializer.Serialize(new { n_epochs = epochs, batch_size = batchSize, learning_rate = learningRate });

    /// <summary>Steps of the tiny model take milliseconds, those of a real one much longer.</summary>
    private static int Epochs(string model, int tiny, int real) => model == HeadPlace.Model ? tiny : real;
}
