using Serverless.Learning.Text;

namespace Serverless.Learning.Tests.Text;

public sealed class TextOpeningTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    private const string Beginning = """[{"SpecialToken": {"id": "<|im_start|>", "type_id": 0}}, {"Sequence": {"id": "A"}}]""";
    private const string End = """[{"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "<|im_end|>", "type_id": 0}}]""";

    [Theory]
    [InlineData("""{"add_bos_token": true, "bos_token": "<|im_start|>"}""", "null", true)]
    [InlineData("""{"add_bos_token": true, "bos_token": {"content": "<|im_start|>"}}""", "null", true)]
    [InlineData("""{"add_bos_token": false, "bos_token": "<|im_start|>"}""", "{\"type\": \"TemplateProcessing\", \"single\": " + Beginning + "}", false)]
    [InlineData("{}", "{\"type\": \"Sequence\", \"processors\": [{\"type\": \"ByteLevel\"}, {\"type\": \"TemplateProcessing\", \"single\": " + Beginning + "}]}", true)]
    [InlineData("{}", "{\"type\": \"TemplateProcessing\", \"single\": " + End + "}", false)]
    [InlineData("{}", """{"type": "ByteLevel"}""", false)]
    public void What_stands_before_a_text_is_read_from_the_folder(string settings, string processor, bool begins)
    {
        var folder = Directory.CreateTempSubdirectory("opening-").FullName;
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), settings);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), "{\"post_processor\": " + processor + "}");
        var tokenizer = Tokenizer.Load(Path.Combine(tiny.Folder, "tokenizer.json"));
        Assert.Equal(begins ? [tokenizer.IdOf("<|im_start|>")!.Value] : Array.Empty<int>(), TextOpening.Read(folder, tokenizer));
        Directory.Delete(folder, recursive: true);
    }
}
