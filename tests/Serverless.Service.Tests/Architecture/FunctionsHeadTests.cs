using System.Text.Json;
using System.Xml.Linq;

namespace Serverless.Service.Tests.Architecture;

public sealed class FunctionsHeadTests
{
    private static readonly string s_project = Path.Combine(RepositoryFolder.Root, "src", "Serverless.Functions");

    [Fact]
    public void Every_workflow_has_its_orchestrator()
    {
        var workflows = FunctionsHead.Implementations(Sources("Serverless.Service"), "IWorkflow").Order().ToList();
        Assert.Contains("FineTuneWorkflow", workflows);
        Assert.Equal(workflows, FunctionsHead.Functions(Sources("Serverless.Functions"), "OrchestrationTrigger").Order());
    }

    [Fact]
    public void Every_activity_has_its_function()
    {
        var activities = FunctionsHead.Implementations(Sources("Serverless.Service"), "IActivity").Order().ToList();
        Assert.Contains("TrainChunk", activities);
        Assert.Equal(activities, FunctionsHead.Functions(Sources("Serverless.Functions"), "ActivityTrigger").Order());
    }

    [Fact]
    public void One_function_takes_every_path() =>
        Assert.Single(FunctionsHead.Functions(Sources("Serverless.Functions"), "HttpTrigger"));

    [Fact]
    public void Functions_bind_and_forward() =>
        Assert.Empty(Files("Serverless.Functions").SelectMany(path => FunctionsHead.Faults(File.ReadAllText(path), Path.GetFileName(path))));

    [Fact]
    public void Orchestrators_and_the_adapter_use_no_clock_id_randomness_IO_or_thread() =>
        Assert.Empty(Files("Serverless.Functions").SelectMany(path => FunctionsHead.ReplayFaults(File.ReadAllText(path), Path.GetFileName(path))));

    [Theory]
    [InlineData("using TorchSharp;", "return Task.CompletedTask;", "A.cs: found 'using TorchSharp'; a function holds no training logic")]
    [InlineData("using Serverless.Learning.Training;", "return Task.CompletedTask;", "A.cs: found 'using Serverless.Learning.Training'; a function holds no training logic")]
    [InlineData("", "if (x) return; return;", "A.cs, TrainChunk: found a IfStatement; a function binds and forwards, decisions are the service's")]
    [InlineData("", "a(); b(); c(); d(); e(); f();", "A.cs, TrainChunk: found 6 statements; allowed: at most 5, a function binds and forwards")]
    public void More_than_binding_and_forwarding_is_named(string directive, string body, string fault)
    {
        var source = $"{directive} class A {{ [Function(nameof(TrainChunk))] Task RunAsync([ActivityTrigger] JobId input) {{ {body} }} }}";
        Assert.Equal([fault], FunctionsHead.Faults(source, "A.cs"));
    }

    [Theory]
    [InlineData("class A { [Function(\"W\")] async Task RunAsync([OrchestrationTrigger] C c) { await Task.WhenAny(a, b); } }", "Task.WhenAny")]
    [InlineData("class A { [Function(\"W\")] async Task RunAsync([OrchestrationTrigger] C c) { await c.D().ConfigureAwait(false); } }", "ConfigureAwait")]
    [InlineData("class A : IWorkflowContext { DateTime Now => DateTime.UtcNow; }", "DateTime.UtcNow")]
    [InlineData("class A : IWorkflowContext { Task B() => c.D().ConfigureAwait(false); }", "ConfigureAwait")]
    public void What_makes_a_replay_differ_is_named(string source, string found) => Assert.Equal(
        [$"A.cs line 1: found '{found}'; workflow code is run again and must decide as before"], FunctionsHead.ReplayFaults(source, "A.cs"));

    [Fact]
    public void The_adapter_alone_may_wait_for_the_first_of_two() =>
        Assert.Empty(FunctionsHead.ReplayFaults("class A : IWorkflowContext { async Task B() { await Task.WhenAny(a, b); } }", "A.cs"));

    [Fact]
    public void The_host_json_at_the_root_is_published_with_the_app()
    {
        var link = XDocument.Load(Path.Combine(s_project, "Serverless.Functions.csproj")).Descendants()
            .Single(item => (string?)item.Attribute("Link") == "host.json");
        Assert.Equal(Path.Combine(RepositoryFolder.Root, "host.json"), Path.GetFullPath(Path.Combine(s_project, (string)link.Attribute("Include")!)));
        Assert.Equal("PreserveNewest", (string?)link.Attribute("CopyToOutputDirectory"));
        Assert.Equal("PreserveNewest", (string?)link.Attribute("CopyToPublishDirectory"));
    }

    [Fact]
    public void The_host_json_serves_v1_at_the_root_and_keeps_trainings_apart_by_admission()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(RepositoryFolder.Root, "host.json")));
        var extensions = file.RootElement.GetProperty("extensions");
        Assert.Equal("", extensions.GetProperty("http").GetProperty("routePrefix").GetString());
        var durable = extensions.GetProperty("durableTask");
        Assert.Equal("AzureStorage", durable.GetProperty("storageProvider").GetProperty("type").GetString());
        Assert.True(durable.GetProperty("maxConcurrentActivityFunctions").GetInt32() > 1);
        Assert.True(TimeSpan.Parse(file.RootElement.GetProperty("functionTimeout").GetString()!) <= TimeSpan.FromMinutes(10), "Consumption allows 10 minutes");
    }

    [Theory]
    [InlineData("Serverless.Functions")]
    [InlineData("Serverless.Functions.Tests")]
    public void The_solution_lists_the_head_and_does_not_build_it(string project)
    {
        var lines = File.ReadAllLines(Path.Combine(RepositoryFolder.Root, "Serverless.sln"));
        var id = lines.Single(line => line.Contains($"\"{project}\"", StringComparison.Ordinal)).Split('"')[^2];
        Assert.Contains(lines, line => line.Contains($"{id}.Release|Any CPU.ActiveCfg", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains(id, StringComparison.Ordinal) && line.Contains(".Build.0", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Files(string project) => Directory
        .GetFiles(Path.Combine(RepositoryFolder.Root, "src", project), "*.cs", SearchOption.AllDirectories)
        .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            && !path.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static IEnumerable<string> Sources(string project) => Files(project).Select(File.ReadAllText);
}
