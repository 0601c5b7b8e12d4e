using System.Xml.Linq;

namespace Serverless.Service.Tests.Architecture;

public sealed class ProjectArrowsTests
{
    [Fact]
    public void Project_references_point_down_only()
    {
        var projects = Directory.GetFiles(Path.Combine(RepositoryFolder.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            // The build of the Functions head writes a project of its own there.
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .ToArray();
        Assert.True(projects.Length >= 4, $"only {projects.Length} projects were found");
        var faults = projects.SelectMany(path => ProjectArrows.Faults(Path.GetFileNameWithoutExtension(path), XDocument.Load(path)));
        Assert.Empty(faults);
    }

    [Fact]
    public void Nothing_under_src_references_a_test_by_way_of_shared_build_files()
    {
        foreach (var path in Directory.GetFiles(RepositoryFolder.Root, "Directory.Build.*"))
            Assert.DoesNotContain(XDocument.Load(path).Descendants(), e => e.Name.LocalName == "ProjectReference");
    }

    [Theory]
    [InlineData("Serverless.Learning", "../Serverless.Service/Serverless.Service.csproj", "Serverless.Learning references Serverless.Service; allowed: no project")]
    [InlineData("Serverless.Service", "../Serverless.Api/Serverless.Api.csproj", "Serverless.Service references Serverless.Api; allowed: Serverless.Learning")]
    [InlineData("Serverless.Local", "..\\Serverless.Functions\\Serverless.Functions.csproj", "Serverless.Local references Serverless.Functions; allowed: Serverless.Api, Serverless.Service")]
    [InlineData("Serverless.Api", "../../tests/Serverless.Api.Tests/Serverless.Api.Tests.csproj", "Serverless.Api references Serverless.Api.Tests; allowed: Serverless.Service")]
    [InlineData("Serverless.Extra", "", "Serverless.Extra is not in the design's table of projects")]
    public void An_arrow_that_the_design_does_not_draw_is_a_fault(string project, string reference, string fault)
    {
        var file = new XDocument(new XElement("Project", new XElement("ItemGroup", new XElement("ProjectReference", new XAttribute("Include", reference)))));
        Assert.Equal([fault], ProjectArrows.Faults(project, file));
    }

    [Fact]
    public void A_package_of_Azure_in_Learning_is_a_fault()
    {
        var file = XDocument.Parse("""<Project><ItemGroup><PackageReference Include="Azure.Storage.Blobs" /></ItemGroup></Project>""");
        Assert.Equal(
            ["Serverless.Learning references the package Azure.Storage.Blobs; allowed: TorchSharp, libtorch-cpu-, Microsoft.CodeAnalysis.BannedApiAnalyzers"],
            ProjectArrows.Faults("Serverless.Learning", file));
    }
}
