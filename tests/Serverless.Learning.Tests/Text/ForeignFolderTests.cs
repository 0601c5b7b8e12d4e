using Serverless.Learning.Formats;
using Serverless.Learning.Text;

namespace Serverless.Learning.Tests.Text;

/// <summary>Files of a model folder from unknown hands, read beside its weights.</summary>
public sealed class ForeignFolderTests : IDisposable
{
    private readonly string _folder = TinyModel.Write(Directory.CreateTempSubdirectory("serverless-foreign-").FullName);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_template_that_holds_half_of_a_surrogate_pair_is_refused()
    {
        var path = Write("tokenizer_config.json", """{"chat_template": "\ud800"}""");
        Assert.Equal(
            $"{path}: found no valid JSON (found \\ud800, half of a surrogate pair. LineNumber: 0 | BytePositionInLine: 19.); allowed: a JSON object",
            Assert.Throws<InputError>(() => ChatTemplate.Load(_folder)).Message);
    }

    [Theory]
    [InlineData("""{"type": 5}""")]
    [InlineData("""{"type": "Sequence", "processors": 5}""")]
    [InlineData("""{"type": "Sequence", "processors": [5, {"type": null}]}""")]
    [InlineData("""{"type": "TemplateProcessing", "single": [5, {"SpecialToken": {"id": 7}}]}""")]
    public void A_post_processor_of_another_shape_opens_no_text(string processor)
    {
        var tokenizer = Path.Combine(_folder, "tokenizer.json");
        File.Delete(Path.Combine(_folder, "tokenizer_config.json"));
        File.WriteAllText(tokenizer, File.ReadAllText(tokenizer).TrimEnd()[..^1] + $", \"post_processor\": {processor}}}");

        Assert.Empty(TextOpening.Read(_folder, Tokenizer.Load(tokenizer)));
    }

    [Fact]
    public void Ends_of_generation_that_are_no_token_ids_are_left_out()
    {
        Write("generation_config.json", """{"eos_token_id": [1.5, "x", 99999999999, 1]}""");

        using var model = Learning.Models.LanguageModel.Load(_folder);

        Assert.Contains(1, model.StopIds);
        ModelCheck.Check(_folder);
    }

    private string Write(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }
}
