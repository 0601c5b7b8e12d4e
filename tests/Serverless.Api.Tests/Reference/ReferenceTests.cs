using System.Text.Json;
using System.Text.RegularExpressions;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Reference;

public sealed partial class ReferenceTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task The_document_has_every_route_below_v1_and_no_other()
    {
        await using var api = await BareApi.StartAsync();

        var document = JsonDocument.Parse(await api.Http.GetStringAsync("/openapi.json")).RootElement;

        var described = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(method => $"{method.Name.ToUpperInvariant()} {path.Name}"));
        var served = RouteTable.Routes.Where(route => route.Pattern.StartsWith("/v1", StringComparison.Ordinal))
            .Select(route => $"{route.Method} {route.Pattern.Replace("**", "", StringComparison.Ordinal)}");
        Assert.Equal(served.Order(), described.Order());
    }

    [Fact]
    public async Task Every_reference_within_the_document_leads_somewhere_and_every_parameter_of_a_path_is_described()
    {
        await using var api = await BareApi.StartAsync();

        var text = await api.Http.GetStringAsync("/openapi.json");
        var document = JsonDocument.Parse(text).RootElement;

        var schemas = document.GetProperty("components").GetProperty("schemas").EnumerateObject().Select(schema => schema.Name).ToHashSet();
        Assert.Equal(schemas.Order(), Schema().Matches(text).Select(match => match.Groups[1].Value).Distinct().Order());
        foreach (var path in document.GetProperty("paths").EnumerateObject())
            foreach (var method in path.Value.EnumerateObject())
                Assert.Equal(
                    Parameter().Matches(path.Name).Select(match => match.Groups[1].Value),
                    method.Value.TryGetProperty("parameters", out var parameters)
                        ? parameters.EnumerateArray().Where(one => one.GetProperty("in").GetString() == "path").Select(one => one.GetProperty("name").GetString()!)
                        : []);
    }

    [Fact]
    public async Task Answers_have_no_field_that_the_document_does_not_describe()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var schemas = JsonDocument.Parse(await server.Http.GetStringAsync("/openapi.json")).RootElement.GetProperty("components").GetProperty("schemas");
        var form = new MultipartFormDataContent { { new ByteArrayContent([1]), "file", "a.bin" }, { new StringContent("user_data"), "purpose" } };
        var file = await (await server.Http.PostAsync("/v1/files", form)).JsonAsync();
        var job = await server.Get<JobCatalog>().CreateAsync(
            new JobRecord
            {
                Id = JobId.New(TimeProvider.System), Model = new("base"), BaseModel = new("base"), TrainingFile = new(file.GetProperty("id").GetString()!), Seed = 1,
                Method = new JobMethod(), CreatedAt = DateTimeOffset.UtcNow, Price = new PriceTable().For(1), Budget = 1,
            }, default);

        AssertDescribed("File", file);
        AssertDescribed("Job", await (await server.Http.GetAsync($"/v1/fine_tuning/jobs/{job.Id}")).JsonAsync());
        AssertDescribed("Error", await (await server.Http.GetAsync("/v1/files/none")).JsonAsync());

        void AssertDescribed(string schema, JsonElement answer) =>
            Assert.Empty(answer.EnumerateObject().Select(field => field.Name).Except(schemas.GetProperty(schema).GetProperty("properties").EnumerateObject().Select(field => field.Name)));
    }

    [GeneratedRegex("#/components/schemas/(\\w+)")]
    private static partial Regex Schema();

    [GeneratedRegex("\\{(\\w+)\\}")]
    private static partial Regex Parameter();
}
