namespace Serverless.Service.Tests.Architecture;

public sealed class WorkflowDeterminismTests
{
    [Fact]
    public void Workflows_hold_no_clock_id_randomness_IO_or_thread()
    {
        var folder = Path.Combine(RepositoryFolder.Root, "src", "Serverless.Service");
        var workflows = Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Name: Path.GetFileName(path), Source: File.ReadAllText(path)))
            .Where(file => WorkflowDeterminism.HoldsWorkflow(file.Source))
            .ToList();
        Assert.Superset(new HashSet<string> { "FineTuneWorkflow.cs", "IntakeWorkflow.cs" }, workflows.Select(file => file.Name).ToHashSet());
        Assert.Empty(workflows.SelectMany(file => WorkflowDeterminism.Faults(file.Source, file.Name)));
    }

    [Theory]
    [InlineData("var now = DateTime.UtcNow;", "DateTime.UtcNow")]
    [InlineData("var now = System.DateTimeOffset.Now;", "DateTimeOffset.Now")]
    [InlineData("var id = Guid.NewGuid();", "Guid.NewGuid")]
    [InlineData("var dice = new Random(1);", "Random")]
    [InlineData("var dice = Random.Shared.Next();", "Random")]
    [InlineData("await Task.Run(() => 1);", "Task.Run")]
    [InlineData("await Task.Delay(1);", "Task.Delay")]
    [InlineData("await Task.WhenAll(a, b);", "Task.WhenAll")]
    [InlineData("await context.CallAsync(a).ConfigureAwait(false);", "ConfigureAwait")]
    [InlineData("var text = File.ReadAllText(path);", "File")]
    [InlineData("var text = System.IO.File.ReadAllText(path);", "File")]
    [InlineData("var value = Environment.GetEnvironmentVariable(name);", "Environment")]
    [InlineData("using var client = new HttpClient();", "HttpClient")]
    [InlineData("lock (gate) { }", "lock")]
    public void A_banned_construct_is_named_with_its_line(string statement, string found)
    {
        var faults = WorkflowDeterminism.Faults($"class W\n{{\n    async Task RunAsync()\n    {{\n        {statement}\n    }}\n}}", "W.cs");
        Assert.Contains($"W.cs line 5: found '{found}'; workflow code is run again and must decide as before", faults);
    }

    [Fact]
    public void A_banned_namespace_is_named_with_its_line()
    {
        Assert.Equal(
            ["W.cs line 2: found 'using System.IO'; workflow code is run again and must decide as before"],
            WorkflowDeterminism.Faults("using System.Text;\nusing System.IO;", "W.cs"));
    }

    [Theory]
    [InlineData("// DateTime.UtcNow is not for workflows")]
    [InlineData("var text = \"Guid.NewGuid\";")]
    [InlineData("var id = input.File;")]
    [InlineData("var now = context.CurrentUtcTime;")]
    [InlineData("var request = new Request { File = id, Random = 1 };")]
    [InlineData("await context.CallAsync(Activities.Train, input, retry);")]
    [InlineData("var path = input?.File;")]
    public void Comments_strings_properties_and_the_port_are_none(string statement)
    {
        Assert.Empty(WorkflowDeterminism.Faults($"class W {{ async Task RunAsync() {{\n{statement}\n}} }}", "W.cs"));
    }
}
