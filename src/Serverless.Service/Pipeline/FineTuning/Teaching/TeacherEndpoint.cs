namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>A server that speaks OpenAI's API and answers for one model of its own.</summary>
/// <param name="Name">What a job calls it.</param>
/// <param name="BaseUrl">The address before <c>/chat/completions</c>, such as <c>https://api.example.com/v1</c>.</param>
/// <param name="Model">The model's name there.</param>
/// <param name="Key">Sent as a bearer token; null sends none.</param>
public sealed record TeacherEndpoint(string Name, Uri BaseUrl, string Model, string? Key)
{
    /// <summary>Without the key, so that it is written nowhere by accident.</summary>
    public override string ToString() => $"{Name} ({BaseUrl})";
}
