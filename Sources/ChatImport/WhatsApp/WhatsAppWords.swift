import ChatModel

/// What WhatsApp writes itself, in the languages of its users.
enum WhatsAppWords {
    /// The kind of what an export left out, from iOS's words for it.
    static let omitted: [String: Message.Kind] = [
        "image omitted": .image, "video omitted": .video, "audio omitted": .audio, "contact card omitted": .contact,
        "sticker omitted": .sticker, "document omitted": .file, "gif omitted": .animation,
        "bild weggelassen": .image, "video weggelassen": .video, "audio weggelassen": .audio,
        "kontaktkarte ausgelassen": .contact, "sticker weggelassen": .sticker, "dokument weggelassen": .file,
        "gif weggelassen": .animation,
        "image absente": .image, "vidéo absente": .video, "audio omis": .audio, "fiche contact manquante": .contact,
        "sticker omis": .sticker, "document manquant": .file, "gif retiré": .animation,
        "imagen omitida": .image, "video omitido": .video, "audio omitido": .audio,
        "tarjeta de contacto omitida": .contact,
        "sticker omitido": .sticker, "documento omitido": .file, "gif omitido": .animation,
        "immagine omessa": .image, "video omesso": .video, "audio omesso": .audio, "scheda contatto omessa": .contact,
        "sticker non incluso": .sticker, "documento omesso": .file, "gif esclusa": .animation,
        "imagem não revelada": .image, "vídeo não revelado": .video, "ficheiro de áudio não revelado": .audio,
        "contacto não revelado": .contact, "sticker não revelado": .sticker, "documento não revelado": .file,
        "gif não revelada": .animation, "imagem ocultada": .image, "vídeo omitido": .video, "áudio ocultado": .audio,
        "figurinha omitida": .sticker,
        "obrázek vynechán": .image, "video vynecháno": .video, "zvukový soubor vynechán": .audio,
        "vizitka vynechána": .contact, "nálepka vynechána": .sticker, "dokument vynechán": .file,
        "gif vynechán": .animation,
        "изображение отсутствует": .image, "видео отсутствует": .video, "аудиофайл отсутствует": .audio,
        "карточка контакта отсутствует": .contact, "стикер не добавлен": .sticker, "документ отсутствует": .file,
        "gif отсутствует": .animation,
        "зображення відсутнє": .image, "відео відсутнє": .video, "аудіо відсутнє": .audio,
        "картка контакту відсутня": .contact, "наклейку не додано": .sticker, "документ пропущено": .file,
        "gif-анімацію пропущено": .animation,
        "画像は含まれていません": .image, "ビデオは含まれていません": .video, "音声は含まれていません": .audio, "連絡先カードを省略": .contact,
        "スタンプは含まれていません": .sticker, "ドキュメントは含まれていません": .file, "gifは含まれていません": .animation,
        "ไม่มีรูปภาพ": .image, "วิดีโอถูกลบ": .video, "ไม่มีไฟล์เสียง": .audio, "บัตรรายชื่อที่ละเว้น": .contact,
        "ไม่มีสติกเกอร์": .sticker, "ละเว้นเอกสาร": .file, "ละเว้น gif": .animation,
        "đã bỏ qua hình ảnh": .image, "đã bỏ video": .video, "bỏ qua tệp âm thanh": .audio,
        "bỏ qua thẻ liên lạc": .contact,
        "đã bỏ sticker": .sticker, "đã bỏ qua tài liệu": .file, "đã bỏ qua ảnh gif": .animation,
        "gambar tidak disertakan": .image, "video tidak disertakan": .video, "audio tidak disertakan": .audio,
        "kartu kontak tidak disertakan": .contact, "stiker tidak disertakan": .sticker,
        "dokumen tidak disertakan": .file,
        "gif tidak disertakan": .animation,
        "फ़ोटो हटाई गई": .image, "वीडियो छोड़ा गया": .video, "ऑडियो हटाई गयी": .audio, "कॉन्टैक्ट कार्ड छोड़ा गया": .contact,
        "स्टिकर छोड़ा गया": .sticker, "डॉक्यूमेंट छोड़ा गया": .file, "gif छोड़ा गया": .animation,
        "لم يتم إدراج الصورة": .image, "لم يتم إدراج الفيديوهات": .video, "لم يتم إدراج المقاطع الصوتية": .audio,
        "لم يتم إدراج بطاقة جهة اتصال": .contact, "تم حذف الملصقات": .sticker, "لم يتم إدراج المستند": .file,
        "لم يتم إدراج صورة gif": .animation,
        "图像已忽略": .image, "视频已忽略": .video, "音频已忽略": .audio, "文档已忽略": .file, "贴图已忽略": .sticker,
        "图片已忽略": .image, "圖片已略去": .image, "影片已略去": .video, "音訊已略去": .audio, "文件已略去": .file, "貼圖已略去": .sticker,
    ]

    /// Android's words for any file that an export left out, without their angle brackets.
    static let omittedMedia: Set<String> = [
        "media omitted", "video note omitted", "media weggelaat", "تم استبعاد الوسائط", "media buraxıldı",
        "media çıxarılmışdır", "без файл", "মিডিয়া বাদ দেওয়া হয়েছে", "fitxers multimèdia omesos", "mitjans omesos",
        "média vynechány", "média vynechána", "medier udeladt", "mediefil udeladt", "medien ausgeschlossen",
        "medien ausgelassen", "medien weggelassen", "αρχείο παραλήφθηκε", "εξαίρεση πολυμέσων", "multimedia omitido",
        "archivo omitido", "meedia välja jäetud", "meedia ära jäetud", "رسانه حذف شد", "پيوست نما/آهنگ حذف شد",
        "media jätettiin pois", "media jätetty pois", "médias omis", "fichier omis", "મિડિયા છોડી મૂકાયું",
        "મીડિયા અવગણવામાં આવ્યા", "मीडिया के बिना", "medijski zapis izostavljen", "média elhagyva", "hiányzó médiafájl",
        "media tidak disertakan", "media omessi", "media omesso", "המדיה לא נכללה", "מדיה הושמטה", "המדיה הושמטה",
        "メディアなし", "メディアは含まれていません", "файлдар қосылмаған", "файл қосылған жоқ", "ಮಾಧ್ಯಮ ಕೈಬಿಡಲಾಗಿದೆ",
        "미디어 파일 제외됨", "미디어 파일을 생략한 대화내용", "ບໍ່ລວມມີເດຍ", "medija praleista", "praleistas medijos turinys",
        "nav iekļauta multivide", "bez multivides", "без фајлови", "без фајл", "മീഡിയ ഒഴിവാക്കി", "मीडिया वगळण्यात आला",
        "मीडिया वगळले", "media dikecualikan", "media disingkirkan", "media utelatt", "uten vedlegg", "media weggelaten",
        "ਮੀਡੀਆ ਛੱਡਿਆ", "ਮੀਡੀਆ ਛਡਿਆ ਗਿਆ", "pominięto multimedia", "pliki pominięto", "ficheiro não revelado",
        "multimédia omitido", "mídia omitida", "mídia oculta", "arquivo de mídia oculto", "conținut media omis",
        "без медиафайлов", "медиафайл пропущен", "файл пропущен", "médiá vynechané", "datoteke izpuščene",
        "medij izpuščen", "media u hoq", "media hequr", "медији су изостављени", "media utelämnat",
        "media har utelämnats", "media hazijajumuishwa", "media imerukwa", "கோப்புகள் விடப்பட்டன",
        "ஊடகங்கள் நீக்கப்பட்டது", "మీడియా విస్మరించబడింది", "మాధ్యమం విస్మరించబడింది", "ไฟล์สื่อถูกลบ", "สื่อถูกลบ",
        "inalis ang media", "walang kalakip na media", "medya dahil edilmedi", "medya atlanmış", "медіа пропущено",
        "میڈیا چھوڑ دیا گیا", "میڈیا ہٹا دیا گیا", "fayl o‘tkazib yuborildi", "bỏ qua tệp phương tiện", "bỏ qua media",
        "忽略多媒體檔", "省略多媒体文件", "省略多媒體檔案",
    ]

    /// What is left of a message that was deleted.
    static let deleted: Set<String> = [
        "you deleted this message.", "this message was deleted.", "you deleted this message",
        "this message was deleted",
        "du hast diese nachricht gelöscht.", "diese nachricht wurde gelöscht.", "vous avez supprimé ce message.",
        "ce message a été supprimé.", "eliminaste este mensaje.", "se eliminó este mensaje.",
        "hai eliminato questo messaggio.",
        "questo messaggio è stato eliminato.", "apagou esta mensagem.", "esta mensagem foi apagada.",
        "você apagou esta mensagem.", "mensagem apagada", "tuto zprávu jste smazal/a.", "tato zpráva byla smazána.",
        "tato zpráva byla odstraněna.", "tuto zprávu jste odstranil/a.", "вы удалили данное сообщение.",
        "данное сообщение удалено.", "данное сообщение удалено", "вы удалили данное сообщение",
        "ви видалили це повідомлення.",
        "це повідомлення було видалено.", "このメッセージを削除しました。", "このメッセージは削除されました。", "คุณได้ลบข้อความนี้", "ข้อความนี้ถูกลบแล้ว",
        "bạn đã xoá tin nhắn này.", "tin nhắn này đã bị xóa.", "anda menghapus pesan ini.", "pesan ini dihapus.",
        "आपने यह मैसेज डिलीट किया.", "यह मैसेज डिलीट कर दिया गया है.", "أنت حذفت هذه الرسالة.", "لقد حذَفت هذه الرسالة.",
        "تم حذف هذه الرسالة.",
        "dit bericht is verwijderd", "je hebt dit bericht verwijderd", "您已删除这条消息。", "这条消息已被删除。", "此消息已删除",
        "您已刪除這則訊息", "這則訊息已刪除", "ce message a été supprimé", "diese nachricht wurde gelöscht", "se eliminó este mensaje",
    ]

    /// Android's words behind a file's name.
    static let attached: Set<String> = [
        "file attached", "soubor byl přiložen", "bestand bijgevoegd", "файл добавлен", "datei angehängt",
        "fichier joint",
        "archivo adjunto", "ファイル添付", "file allegato", "arquivo anexado", "ficheiro anexado", "文件附件", "档案附件", "檔案附件",
        "파일 첨부됨", "dosya ekli", "plik załączony", "файл прикріплено", "tệp đính kèm", "file terlampir", "फ़ाइल अटैच की गई",
        "ملف مرفق", "แนบไฟล์แล้ว",
    ]

    /// A call that nobody took.
    static let calls: Set<String> = [
        "missed voice call", "missed video call", "verpasster sprachanruf", "verpasster videoanruf", "未接语音通话", "未接视频通话",
        "пропущенный аудиозвонок", "пропущенный видеозвонок", "llamada perdida", "videollamada perdida",
    ]

    /// What an iPhone writes behind a name that has nothing to do with it: that messages are encrypted, that a code changed.
    static let notices = [
        "messages and calls are end-to-end encrypted", "your security code with",
        "nachrichten und anrufe sind ende-zu-ende-verschlüsselt", "deine sicherheitsnummer für",
        "les messages et les appels sont chiffrés de bout en bout", "votre code de sécurité avec",
        "los mensajes y las llamadas están cifrados de extremo a extremo", "tu código de seguridad con",
        "i messaggi e le chiamate sono crittografati end-to-end", "il tuo codice di sicurezza con",
        "as mensagens e chamadas são encriptadas ponto a ponto", "seu código de segurança",
        "mensagens e chamadas são protegidas com a criptografia de ponta a ponta",
        "zprávy a hovory jsou opatřeny koncovým šifrováním", "bezpečnostní kód mezi vámi a uživatelem",
        "сообщения и звонки защищены сквозным шифрованием", "ваш код безопасности с контактом",
        "повідомлення й дзвінки захищено наскрізним шифруванням", "код безпеки з контактом",
        "メッセージと通話はエンドツーエンド暗号化されています", "とのセキュリティコードが変更されました",
        "ข้อความและการโทรได้รับการเข้ารหัสจากต้นทางถึงปลายทาง", "รหัสความปลอดภัยของคุณกับ",
        "tin nhắn và cuộc gọi được mã hóa đầu cuối", "pesan dan panggilan terenkripsi secara end-to-end",
        "kode keamanan anda dengan", "मैसेजेस और कॉल्स एंड-टू-एंड एन्क्रिप्टेड हैं", "आपका सुरक्षा कोड बदल गया है",
        "الرسائل والمكالمات مشفرة تمامًا بين الطرفين", "تغيّر رمز أمانك",
        "berichten en oproepen zijn end-to-end versleuteld", "消息和通话都经过端到端加密", "訊息和通話都經過端對端加密",
    ]

    /// Where an exported chat's name begins in the name of its file, folder or .zip.
    static let filePrefixes = [
        "WhatsApp Chat with ", "WhatsApp Chat - ", "WhatsApp-Chat mit ", "WhatsApp Chat mit ", "Chat de WhatsApp con ",
        "Conversa do WhatsApp com ", "Conversa do WhatsApp - ", "Discussion WhatsApp avec ", "Chat WhatsApp con ",
        "WhatsApp-chat met ", "WhatsApp Chat met ", "Chat WhatsApp s uživatelem ", "Чат WhatsApp с контактом ",
        "Чат WhatsApp с ", "Чат WhatsApp із ", "Chat WhatsApp dengan ", "Percakapan WhatsApp dengan ",
        "Đoạn chat WhatsApp với ", "与", "與",
    ]

    /// What an exported chat's file name ends with in languages that say it there.
    static let fileSuffixes = ["的 WhatsApp 聊天", "的WhatsApp聊天", "的 WhatsApp 對話", "とのトーク履歴", "님과 WhatsApp 대화"]
}
