using System.Text.Json;
using Serverless.Service.Jobs;

namespace Serverless.Tests;

/// <summary>Data and settings with which each method trains the tiny model in a second.</summary>
internal static class MethodData
{
    /// <summary>The lines of a training file.</summary>
    public static string Of(MethodType method, int examples) => method switch
    {
        MethodType.Dpo => Lines(examples, number => new
        {
            input = new { messages = new[] { Ticket(number) } },
            preferred_output = new[] { new { role = "assistant", content = "billing" } },
            non_preferred_output = new[] { new { role = "assistant", content = "shipping" } },
        }),
        MethodType.Reinforcement or MethodType.Distillation => Lines(examples, number => new { messages = new[] { Ticket(number) }, letter = "e" }),
        MethodType.Pretraining => Lines(examples, number => new { text = $"the parcel {number} has not arrived and the tracking page shows nothing" }),
        _ => TinyModel.Dataset(examples),
    };

    /// <summary>One epoch in steps of four; of reinforcement, groups of twenty answers that are rewarded for a letter.</summary>
    public static JobMethod Request(MethodType method, int epochs = 1)
    {
        var asked = new JobMethod { Type = method, Hyperparameters = new Hyperparameters { Epochs = epochs, BatchSize = 4, LearningRate = 2e-3 } };
        return method != MethodType.Reinforcement ? asked : asked with
        {
            Grader = Letter,
            Policy = new PolicyRequest { GroupSize = 20, MaxAnswerTokens = 6, Beta = 0.05 },
        };
    }

    /// <summary>Rewards the letter that the prompt's line names, if the answer has it.</summary>
    public static JsonElement Letter { get; } = JsonSerializer.SerializeToElement(
        new { type = "string_check", name = "letter", operation = "like", input = "{{sample.output_text}}", reference = "{{item.letter}}" });

    private static object Ticket(int number) => new { role = "user", content = $"Ticket {number}" };

    private static string Lines(int count, Func<int, object> line) =>
        string.Concat(Enumerable.Range(0, count).Select(number => JsonSerializer.Serialize(line(number)) + "\n"));
}
