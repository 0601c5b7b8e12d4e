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

    /// <summary>Conversations whose answer calls the one tool there is for a team, or their prompts only.</summary>
    public static string Calls(int examples, bool answered = true) => Lines(examples, number => answered
        ? new { messages = new object[] { Team(number), new { role = "assistant", tool_calls = new[] { new { id = "callroute", type = "function", function = new { name = "route", arguments = JsonSerializer.Serialize(new { to = Teams[number % 3] }) } } } } }, tools = Tools }
        : new { messages = new[] { Team(number) }, tools = Tools });

    private static readonly string[] Teams = ["billing", "shipping", "account"];

    private static readonly object[] Tools =
        [new { type = "function", function = new { name = "route", description = "Hands over", parameters = new { type = "object", properties = new { to = new { type = "string" } } } } }];

    private static object Team(int number) => new { role = "user", content = $"{Teams[number % 3]} {number}" };

    /// <summary>Grades the name of the tool that is called first.</summary>
    public static JsonElement Routes { get; } = JsonSerializer.SerializeToElement(
        new { type = "string_check", name = "routes", operation = "eq", input = "{{sample.output_tools[0].function.name}}", reference = "route" });

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
