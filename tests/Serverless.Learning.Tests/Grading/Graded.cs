using System.Text.Json;
using Serverless.Learning.Grading;

namespace Serverless.Learning.Tests.Grading;

/// <summary>Graders from their JSON.</summary>
internal static class Graded
{
    public static JsonElement Json(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    public static Grader Parse(string json) => Grader.Parse(Json(json), "grader");

    public static string Refusal(string json) => Assert.Throws<InputError>(() => Parse(json)).Message;

    public static Grade Grade(string grader, string item, string answer) => Parse(grader).Grade(Json(item), new GraderSample(answer));

    /// <summary>A grader that compares a template with what it must render to.</summary>
    public static Grade Compare(string template, string reference, string item, GraderSample sample) =>
        Parse(JsonSerializer.Serialize(new { type = "string_check", name = "same", operation = "eq", input = template, reference })).Grade(Json(item), sample);

    public static string Fault(Grade grade) => Assert.Single(grade.Faults).Message;
}
