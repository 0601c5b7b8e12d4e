using System.Text.Json;
using Serverless.Api.Chat;
using Serverless.Api.Completions;
using Serverless.Api.Errors;
using Serverless.Api.Evals;
using Serverless.Api.Jobs;
using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Learning.Grading;

namespace Serverless.Api.Tests.Reference;

/// <summary>What the reference shows as an example is what the service takes and gives.</summary>
public sealed class ReferenceExampleTests
{
    private static readonly JsonElement Document =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(RepositoryFolder.Dashboard, "..", "Reference", "openapi.json"))).RootElement;

    private static readonly Dictionary<string, Action<JsonElement>> Readers = new()
    {
        ["createUpload"] = body => FilePurposes.Check(body.GetProperty("purpose").GetString()),
        ["completeUpload"] = _ => { },
        ["createJob"] = body => JobRequestReader.Read(body),
        ["resumeJob"] = body => JobRequestReader.ReadBudget(new RequestObject(body, "")),
        ["runGrader"] = body => Grader.Parse(body.GetProperty("grader"), "grader"),
        ["validateGrader"] = body => Grader.Parse(body.GetProperty("grader"), "grader"),
        ["createEval"] = body => EvalReader.TestingCriteria(Checked(body, EvalReader.DataSourceConfig)),
        ["updateEval"] = _ => { },
        ["createEvalRun"] = body => EvalRunReader.Read(new RequestObject(body, "")),
        ["createChatCompletion"] = body => ChatRequest.Read(body),
        ["createCompletion"] = body => CompletionRequest.Read(body),
    };

    [Fact]
    public void Every_body_of_JSON_has_an_example_that_fits_its_schema_and_is_taken()
    {
        var seen = new List<string>();
        foreach (var operation in Operations().Where(operation => operation.TryGetProperty("requestBody", out _)))
        {
            var name = operation.GetProperty("operationId").GetString()!;
            foreach (var content in operation.GetProperty("requestBody").GetProperty("content").EnumerateObject())
            {
                var example = content.Value.GetProperty("example");
                Assert.Equal((name, ""), (name, string.Join("; ", SchemaFaults.Of(Document, content.Value.GetProperty("schema"), example, ""))));
                if (content.Name != "application/json")
                    continue;
                Readers[name](example);
                seen.Add(name);
            }
        }
        Assert.Equal(Readers.Keys.Order(), seen.Order());
    }

    [Fact]
    public void Every_example_of_an_answer_fits_its_schema()
    {
        var schemas = Document.GetProperty("components").GetProperty("schemas").EnumerateObject().Where(schema => schema.Value.TryGetProperty("examples", out _)).ToArray();

        Assert.NotEmpty(schemas);
        foreach (var schema in schemas)
            foreach (var example in schema.Value.GetProperty("examples").EnumerateArray())
                Assert.Equal((schema.Name, ""), (schema.Name, string.Join("; ", SchemaFaults.Of(Document, schema.Value, example, ""))));
    }

    [Fact]
    public void Every_code_of_the_table_of_errors_has_the_status_that_the_service_gives_it()
    {
        foreach (var error in Document.GetProperty("x-errors").EnumerateArray())
        {
            if (error.GetProperty("code").GetString() is { } code)
                Assert.Equal((code, error.GetProperty("status").GetInt32()), (code, ErrorStatus.Of(new InputError("", code: code)).Status));
        }
    }

    [Fact]
    public void A_value_that_does_not_fit_its_schema_is_noticed()
    {
        var schema = JsonSerializer.SerializeToElement(new
        {
            type = "object",
            properties = new { n = new { type = "integer", minimum = 1, maximum = 5 }, kind = new { type = "string", @enum = new[] { "a" } }, list = new { type = "array", items = new { type = "string" } } },
            required = new[] { "n" },
        });
        string FaultsOf(object value) => string.Join("; ", SchemaFaults.Of(Document, schema, JsonSerializer.SerializeToElement(value), ""));

        Assert.Equal("", FaultsOf(new { n = 1, kind = "a", list = new[] { "x" } }));
        Assert.Equal(".n is missing", FaultsOf(new { kind = "a" }));
        Assert.Equal(".n is 6, above 5", FaultsOf(new { n = 6 }));
        Assert.Equal(".n is no integer", FaultsOf(new { n = "1" }));
        Assert.Equal(".kind is \"b\", none of [\"a\"]", FaultsOf(new { n = 1, kind = "b" }));
        Assert.Equal(".list[1] is no string; .more is not described", FaultsOf(new { n = 1, list = new object[] { "x", 2 }, more = 1 }));
    }

    private static RequestObject Checked<T>(JsonElement body, Func<RequestObject, T> read)
    {
        var request = new RequestObject(body, "");
        read(request);
        return request;
    }

    private static IEnumerable<JsonElement> Operations() =>
        Document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(method => method.Value));
}
