using System.Text.Json;
using Serverless.Learning.Text;

namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>A conversation that a teacher is to continue.</summary>
/// <param name="Number">Its place among the prompts of the job, from 0.</param>
/// <param name="Line">The line of the training file that it stands in.</param>
/// <param name="Messages">The conversation up to the answer.</param>
/// <param name="Item">The line, as graders see it; null if nobody grades.</param>
/// <param name="Tools">The array of tools that the teacher may call, as sent; null for none.</param>
public sealed record TeacherPrompt(int Number, int Line, IReadOnlyList<ChatMessage> Messages, JsonElement? Item, JsonElement? Tools = null);
