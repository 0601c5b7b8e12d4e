using System.Text.Json;
using Serverless.Api.Jobs;
using Serverless.Learning;
using Serverless.Service.Jobs;

namespace Serverless.Api.Tests.Jobs;

/// <summary>Requests for jobs, as they are read and refused.</summary>
internal static class JobRequestJson
{
    public static string With(string field) => $$"""{"model": "m", "training_file": "file-1", {{field}}}""";

    public static string Reinforcement(string hyperparameters) =>
        "\"method\": {\"type\": \"reinforcement\", \"reinforcement\": {\"grader\": {\"type\": \"string_check\", \"name\": \"n\", \"operation\": \"eq\", "
        + "\"input\": \"{{sample.output_text}}\", \"reference\": \"{{item.answer}}\"}, \"hyperparameters\": {" + hyperparameters + "}}}";

    public static JobRequest Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return JobRequestReader.Read(document.RootElement);
    }

    public static void Refused(string json, string message, string parameter)
    {
        var error = Assert.Throws<InputError>(() => Read(json));
        Assert.Equal(message, error.Message);
        Assert.Equal(parameter, error.Parameter);
    }
}
