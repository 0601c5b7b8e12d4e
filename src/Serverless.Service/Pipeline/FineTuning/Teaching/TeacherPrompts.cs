using System.Text.Json;
using Serverless.Learning;
using Serverless.Learning.Data;
using Serverless.Learning.Text;
using Serverless.Service.Files;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>
/// The prompts of a job's training file: a prompt line's messages, and of a conversation those before its last assistant's message, in whose
/// place the teacher answers.
/// </summary>
public sealed class TeacherPrompts(TrainingFiles files, FileCatalog catalog, FileStore store)
{
    /// <exception cref="InputError">The file is gone or has faults.</exception>
    public async Task<IReadOnlyList<TeacherPrompt>> ReadAsync(JobRecord job, CancellationToken ct)
    {
        var examples = await files.ReadAsync(job, job.TrainingFile, "training_file", ct);
        var items = job.Method.Grader is null ? [] : await ItemsAsync(job.TrainingFile, ct);
        return [.. examples.Select((example, number) =>
            new TeacherPrompt(number, example.Line, MessagesOf(example), items.TryGetValue(example.Line, out var item) ? item : null, ToolsOf(example)))];
    }

    private static IReadOnlyList<ChatMessage> MessagesOf(DatasetExample example) => example switch
    {
        PromptExample prompt => prompt.Messages,
        ChatExample chat => BeforeLastAnswer(chat),
        _ => throw new ArgumentOutOfRangeException(nameof(example), example.GetType(), null),
    };

    private static JsonElement? ToolsOf(DatasetExample example) => example is PromptExample prompt ? prompt.Tools : (example as ChatExample)?.Tools;

    private static ChatMessage[] BeforeLastAnswer(ChatExample chat)
    {
        var last = chat.Messages.Count - 1;
        while (last >= 0 && chat.Messages[last].Role != "assistant")
            last--;
        return last > 0 ? [.. chat.Messages.Take(last)] : throw new InputError(
            $"training_file, line {chat.Line}, messages: found nothing before the assistant's message; allowed: a message that the teacher answers", "training_file", "invalid_training_file");
    }

    private async Task<Dictionary<int, JsonElement>> ItemsAsync(FileId id, CancellationToken ct)
    {
        var file = await catalog.FindAsync(id, ct);
        await using var stream = file is null ? null : await store.OpenAsync(id, 0, ct);
        return stream is null ? [] : ItemReader.Read(stream, file!.Name).ToDictionary(item => item.Line, item => item.Item);
    }
}
