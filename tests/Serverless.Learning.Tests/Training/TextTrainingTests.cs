using System.Security.Cryptography;
using Serverless.Learning.Adapters;
using Serverless.Learning.Data;
using Serverless.Learning.Training;

namespace Serverless.Learning.Tests.Training;

public sealed class TextTrainingTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    [Fact]
    public void An_epoch_reads_every_full_row_of_all_documents_with_the_separator_before_each()
    {
        int[][] documents = [[1, 2, 3], [4, 5], [6, 7, 8, 9], [10]];
        var options = Options(AdapterKind.Full) with { MaxSequenceLength = 3, BatchSize = 2, Epochs = 2 };
        var batches = new TextBatches(documents, separator: 99, options);

        // 14 tokens make four rows of three, whose last token predicts the thirteenth.
        Assert.Equal((2.0, 4), (batches.StepsPerEpoch, batches.TotalSteps));
        for (var epoch = 0; epoch < 2; epoch++)
        {
            var rows = Enumerable.Range(2 * epoch, 2).SelectMany(step => batches.BatchOf(step)).ToList();
            var ids = rows.SelectMany(row => row.Ids).ToList();
            Assert.Equal(12, ids.Count);
            Assert.Equal(99, ids[0]);
            Assert.Equal(ids.Skip(1), rows.SelectMany(row => row.Targets).SkipLast(1));
            foreach (var document in documents.Where(document => ids.Contains(document[^1])))
                Assert.Equal([99, .. document], ids.Skip(ids.IndexOf(document[0]) - 1).Take(document.Length + 1));
        }
        Assert.True(Enumerable.Range(0, 8).Select(epoch => string.Join(' ', batches.BatchOf(2 * epoch)[0].Ids)).Distinct().Count() > 1, "every epoch has the same order");
    }

    [Fact]
    public void Text_that_fills_no_row_is_named()
    {
        var error = Assert.Throws<InputError>(() => new TextBatches([[1, 2]], 99, Options(AdapterKind.Full) with { MaxSequenceLength = 64 }));
        Assert.Equal("training_file: found 3 tokens; allowed: more than max_sequence_length, 64", error.Message);
    }

    [Fact]
    public void The_separator_is_the_end_of_text_and_not_the_end_of_a_turn()
    {
        using var model = tiny.Load();
        Assert.Equal(model.Tokenizer.IdOf("<|endoftext|>"), TextTask.SeparatorOf(model));
    }

    [Theory]
    [InlineData(AdapterKind.Full)]
    [InlineData(AdapterKind.Lora)]
    public void Chunks_of_one_seven_and_all_steps_end_with_the_same_bytes(AdapterKind kind)
    {
        var whole = WeightsAfterChunksOf(int.MaxValue, kind);
        Assert.Equal(whole, WeightsAfterChunksOf(1, kind));
        Assert.Equal(whole, WeightsAfterChunksOf(7, kind));
    }

    [Fact]
    public void Training_lowers_the_loss_on_text_held_out()
    {
        using var trainer = Start(AdapterKind.Full);
        var before = trainer.Validate(default)!;
        while (trainer.Step < trainer.TotalSteps) trainer.TrainStep();
        var after = trainer.Validate(default)!;
        Assert.True(after.Loss < before.Loss * 0.9, $"loss {before.Loss:F3} -> {after.Loss:F3}");
        Assert.True(after.Accuracy > before.Accuracy);
    }

    [Fact]
    public void A_document_longer_than_a_row_is_scored_in_pieces_that_predict_each_token_once()
    {
        using var model = tiny.Load();
        var text = new TextExample(1, string.Join(' ', Enumerable.Repeat("the parcel has not arrived", 40)));
        var ids = model.Chat.EncodeText(text.Text);
        foreach (var length in (int[])[2, 3, 64, ids.Length - 1, ids.Length, int.MaxValue])
        {
            var pieces = model.Chat.EncodeDocument(text, length);
            Assert.All(pieces, piece => Assert.InRange(piece.Length, 2, length));
            Assert.Equal(ids[1..], pieces.SelectMany(piece => piece.Ids[1..]));
            Assert.Equal(ids.Length - 1, pieces.Sum(piece => piece.SupervisedCount));
        }
    }

    private static TrainingOptions Options(AdapterKind kind) => new()
    {
        Adapter = new AdapterOptions { Kind = kind, Rank = 4, Alpha = 8, Dropout = kind == AdapterKind.Lora ? 0.1 : 0 },
        Epochs = 4, BatchSize = 4, LearningRate = 3e-3, MaxSequenceLength = 32, Seed = 1,
    };

    private Trainer Start(AdapterKind kind)
    {
        var model = tiny.Load();
        var documents = LoadedTinyModel.Examples(30).Select(example => new TextExample(example.Line, example.Messages[1].Content!)).ToList();
        return new Trainer(
            model,
            new TextTask(
                [.. documents.Take(24).Select(document => model.Chat.EncodeText(document.Text))],
                [.. documents.Skip(24).SelectMany(document => model.Chat.EncodeDocument(document, 32))]),
            Options(kind));
    }

    private string WeightsAfterChunksOf(int steps, AdapterKind kind)
    {
        var folder = Path.Combine(tiny.Folder, Guid.NewGuid().ToString("N"));
        for (var done = false; !done;)
        {
            using var trainer = Start(kind);
            if (Directory.Exists(folder)) trainer.Restore(folder);
            for (var step = 0; step < steps && trainer.Step < trainer.TotalSteps; step++) trainer.TrainStep();
            trainer.Save(folder);
            done = trainer.Step == trainer.TotalSteps;
        }
        return Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, "weights.safetensors"))));
    }
}
