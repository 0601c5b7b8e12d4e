using System.Text.Json;
using Serverless.Learning;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Grading;
using Serverless.Learning.Text;
using Serverless.Learning.Text.ToolCalls;
using Serverless.Service.Evals;
using Serverless.Service.Inference;

namespace Serverless.Service.Pipeline.Evals;

/// <summary>What a run's model is asked about one item.</summary>
/// <param name="Item">The item, with the messages; or with the reason why there are none.</param>
/// <param name="Messages">The conversation that is to be continued.</param>
/// <param name="Tools">The array of tools that it offers, as sent; null for none.</param>
internal sealed record EvalQuestion(EvalItemRecord Item, IReadOnlyList<ChatMessage> Messages, JsonElement? Tools)
{
    /// <summary>The answer that the data set has; null where it has none.</summary>
    public ChatMessage? Expected { get; init; }

    /// <param name="template">What is asked; null for the conversation of the data set's own line.</param>
    /// <param name="item">The item as it is kept.</param>
    public static EvalQuestion Of(PromptTemplate? template, EvalEntry entry, EvalItemRecord item)
    {
        try
        {
            var example = entry.Example();
            if (template is null && example is null)
                return Without(item, "found no messages; allowed: a line of a data set, or input_messages that say what is asked");
            var (messages, tools) = template is null ? EvalEntry.PromptOf(example!) : (template.Render(entry.Item), null);
            return messages.Count == 0 ? Without(item, "messages: found nothing before the assistant's message; allowed: a message that the model answers") : new EvalQuestion(
                item with { Input = [.. messages.Select(message => new EvalItemMessage(message.Role, message.Content ?? ""))] }, messages, tools)
            {
                Expected = EvalEntry.AnsweredOf(example)?.Messages.Last(message => message.Role == "assistant"),
            };
        }
        catch (InputError error)
        {
            return Without(item, error.Message);
        }
    }

    /// <summary>Whether an answer is the one that the data set has; null where it has none.</summary>
    public bool? IsRight(BatchAnswer answer) => Expected is not { } expected ? null : new GradedAnswer(0, "", expected.Content ?? "", answer.Text)
    {
        ExpectedCalls = AnsweredCalls.Of(expected.ToolCalls), Calls = answer.Calls,
    }.Exact;

    private static EvalQuestion Without(EvalItemRecord item, string reason) => new(item with { Error = reason }, [], null);
}
