using Serverless.Learning.Data;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Text;
using Serverless.Learning.Training;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What a model is asked now and then while it is trained: the beginning of its validation file.</summary>
internal static class SamplePrompts
{
    private const int Asked = 2;

    /// <summary>The prompts of the first two examples; of text there are none.</summary>
    /// <exception cref="Learning.InputError">The template refuses one; the line is named.</exception>
    public static IReadOnlyList<SamplePrompt> Of(IReadOnlyList<DatasetExample> validation, ChatEncoder encoder) =>
        [.. validation.Take(Asked).Select(PromptOf).OfType<PromptExample>().Select(prompt => new SamplePrompt(encoder.EncodePrompt(prompt), prompt.Messages[^1].Content ?? ""))];

    /// <summary>The conversation before the answer; null where nothing comes before it.</summary>
    private static PromptExample? PromptOf(DatasetExample example) => example switch
    {
        PromptExample prompt => prompt,
        PreferenceExample pair => new PromptExample(pair.Line, pair.Messages, default, pair.Tools),
        ChatExample chat when Evaluator.PromptOf(chat) is { Count: > 0 } before => new PromptExample(chat.Line, before, default, chat.Tools),
        _ => null,
    };
}
