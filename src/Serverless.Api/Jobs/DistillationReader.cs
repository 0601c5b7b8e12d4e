using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Learning.Grading;
using Serverless.Service.Jobs;

namespace Serverless.Api.Jobs;

/// <summary>Reads what only <c>method.distillation</c> has, all of which is ours: the teacher, how it answers, and what passes an answer.</summary>
internal static class DistillationReader
{
    private const int MaxSamples = 16;
    private const double MaxTemperature = 2;

    private static readonly string[] Fields =
        ["teacher", "n", "temperature", "top_p", "max_completion_tokens", "grader", "pass_threshold", "hyperparameters"];

    /// <exception cref="InputError">The teacher is missing, or a field is wrong or not known.</exception>
    public static JobMethod Read(JobMethod method, RequestObject parent)
    {
        var own = parent.Object("distillation") ?? throw Refusal.Missing(parent.PathOf("distillation"));
        foreach (var field in own.Fields.Where(field => !Fields.Contains(field.Name)))
            throw Refusal.Unknown(own.PathOf(field.Name), Fields);
        var asked = new DistillationRequest
        {
            Teacher = own.RequiredString("teacher", minLength: 1),
            Samples = (int)(own.Integer("n", 1, MaxSamples) ?? 1),
            Temperature = own.Number("temperature", 0, MaxTemperature),
            TopP = own.Number("top_p", 0, 1),
            MaxAnswerTokens = own.AutoOrInteger("max_completion_tokens", 1, int.MaxValue),
            PassThreshold = own.Number("pass_threshold"),
        };
        var grader = own.Value("grader");
        if (grader is { } json)
            _ = Grader.Parse(json, own.PathOf("grader"));
        return grader is null && asked.PassThreshold is not null
            ? throw new InputError($"'{own.PathOf("pass_threshold")}' belongs to a grader: give one in '{own.PathOf("grader")}', or leave it out.", own.PathOf("pass_threshold"), "invalid_value")
            : method with { Distillation = asked, Grader = grader?.Clone() };
    }
}
